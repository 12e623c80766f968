import { fieldsOf, invalid, nonEmptyString } from '../../lib/options.js';
import type { ServerEntry, ServerInfo } from '../../lib/server-info.js';
import { hostOf, portOf, urlOf } from '../lib/endpoint.js';
import { endpointOfUrl } from '../lib/endpoint-url.js';

/**
 * Checks an entry, and makes a frozen copy. Throws {@link RpcCode.InvalidArgument} for a field with a value that does not fit,
 * and for an entry without the URL of a WebSocket.
 */
export function readEntry(given: ServerEntry): ServerInfo {
  fieldsOf('a server', given, 'an object { id, serverType, url }');
  const id = nonEmptyString('the id of a server', given.id);
  if (id === '*') throw invalid('"*" cannot be the id of a server: it stands for all of a type');
  const serverType = nonEmptyString(`the serverType of server ${id}`, given.serverType);
  if (given['url'] === undefined)
    throw invalid(
      `server ${id} has no url: a web page connects by ws:// or wss:// only, as in "wss://chat.example/rpc"`,
    );
  const endpoint = endpointOfUrl(`the url of server ${id}`, given['url']);
  const { transport } = endpoint;
  return Object.freeze({
    ...given,
    id,
    serverType,
    url: urlOf(endpoint),
    host: hostOf(endpoint),
    port: portOf(endpoint),
    transport,
  });
}

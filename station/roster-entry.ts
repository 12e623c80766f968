import { idOfNumber, portOfDigits, weightOfDigits } from '../lib/compat/numbers.js';
import type { Logger } from '../lib/diagnostics.js';
import { HOST_TRANSPORTS, portOf, urlOf } from '../lib/endpoint.js';
import type { HostTransport } from '../lib/endpoint-forms.js';
import { endpointOfUrl, isEndpointUrl } from '../lib/endpoint-url.js';
import { messageOf, type RpcError } from '../lib/errors.js';
import { hostOption } from '../lib/host.js';
import { fieldsOf, invalid, nonEmptyString, oneOf, requiredInteger, requiredString, unfit } from '../lib/options.js';
import { SERVER_INFO_DEFAULTS, type ServerEntry, type ServerInfo } from '../lib/server-info.js';
import { unknownOptions } from '../lib/unknown-options.js';

const NO_PORT = 'its entry has no port';

/** Fields with a meaning. `id` is required, and too short to be told from other fields by a near name. */
const FIELDS = { serverType: true, host: true, port: true, weight: true, transport: true, url: true } as const;
/** Fields that a URL stands for. */
const URL_FIELDS = ['host', 'port', 'transport'] as const;

/** Server that is known and cannot be called: a gate of pomelo, for one, has only a port for game clients. */
export class Uncallable {
  readonly id: string;
  readonly entry: ServerEntry;
  /** Reason, without the id: `its entry has no port`. */
  readonly why: string;

  constructor(id: string, given: ServerEntry, why: string) {
    this.id = id;
    this.entry = Object.freeze({ ...given, id });
    this.why = why;
  }
}

/**
 * Checks an entry, and makes a frozen copy: later changes of the user's object have no effect. An entry without a port is
 * {@link Uncallable}. An entry without a type has the type '', which no proxy has, so that the server can be called by id
 * only. Throws {@link RpcCode.InvalidArgument} for a field with a value that does not fit.
 */
export function readEntry(given: ServerEntry): ServerInfo | Uncallable {
  return read(given, (why) => {
    throw why;
  });
}

/** `onWeight` is called with the error of a weight that does not fit. The weight is left out where the function returns. */
function read(given: ServerEntry, onWeight: (why: RpcError) => void): ServerInfo | Uncallable {
  if (Array.isArray(given)) throw invalid('addServer() takes one server, got a list: give the list to addServers()');
  fieldsOf('a server', given, 'an object { id, serverType, host, port }');
  const id = idOf(given);
  const { serverType: type, host, weight: heavy, ...others } = given;
  const serverType = (type ?? '') === '' ? '' : nonEmptyString(`the serverType of server ${id}`, type);
  const weight = weightOfDigits(heavy) ?? undefined;
  const fits = typeof weight === 'number' && Number.isFinite(weight) && weight > 0;
  if (weight !== undefined && !fits) onWeight(unfit(`the weight of server ${id}`, 'a number above 0', heavy));
  const place = isAtUrl(given) ? placeOfUrl(given, id) : placeOfFields(host, others, id);
  if (place === undefined) return new Uncallable(id, given, NO_PORT);
  return Object.freeze({ ...others, id, serverType, ...place, ...(fits && { weight }) });
}

/** The entry with a transport, where the entry has a port and names no transport. */
export function withTransport(given: ServerEntry, transport: HostTransport | undefined): ServerEntry {
  if (transport === undefined || typeof given !== 'object' || given === null) return given;
  const isPlaced = (given.port ?? '') !== '' && !isEndpointUrl(given['url']);
  return isPlaced && (given['transport'] ?? undefined) === undefined ? { ...given, transport } : given;
}

/** Fields of an entry that say where the server is. */
type Place = Pick<ServerInfo, 'port'> & Partial<Pick<ServerInfo, 'host' | 'transport' | 'url'>>;

/** Beside a port, a URL of another scheme is a field without a meaning here: a project may have one for its own purposes. */
function isAtUrl({ url, port }: ServerEntry): boolean {
  return (url ?? undefined) !== undefined && ((port ?? '') === '' || isEndpointUrl(url));
}

/**
 * The URL in one form, and the host, the port and the transport that the URL names. An entry that was read before has them
 * already.
 */
function placeOfUrl(given: ServerEntry, id: string): Place {
  const endpoint = endpointOfUrl(`the url of server ${id}`, given['url']);
  const host = endpoint.transport === 'unix' ? {} : { host: endpoint.host };
  const place: Place = { ...host, port: portOf(endpoint), transport: endpoint.transport };
  const [other] = URL_FIELDS.filter(
    (field) => (given[field] ?? undefined) !== undefined && given[field] !== place[field],
  );
  if (other !== undefined)
    throw invalid(
      `server ${id} has the fields url and ${other}: leave one of them out, since the URL names the ${other}`,
    );
  return { url: urlOf(endpoint), ...place };
}

/** Undefined for an entry without a port. */
function placeOfFields(
  address: unknown,
  { port: written, transport }: Record<string, unknown>,
  id: string,
): Place | undefined {
  const host = (address ?? undefined) === undefined ? undefined : hostOption(`the host of server ${id}`, address);
  oneOf(`the transport of server ${id}`, transport, SERVER_INFO_DEFAULTS.transport, HOST_TRANSPORTS);
  if ((written ?? '') === '') return undefined;
  const port = requiredInteger(`the port of server ${id}`, portOfDigits(written), 1, 65_535);
  return { ...(host !== undefined && { host }), port };
}

/**
 * Does what {@link readEntry} does, and throws for no entry that has an id: such a server cannot be called either. A weight
 * that does not fit is left out, and the reason goes to `onWeight`: only weighted routers read the weight.
 */
export function readAnyEntry(given: ServerEntry, onWeight: (why: RpcError) => void): ServerInfo | Uncallable {
  try {
    return read(given, onWeight);
  } catch (error) {
    if (typeof given !== 'object' || given === null) throw error;
    return new Uncallable(idOf(given), given, messageOf(error));
  }
}

/** Logs fields of an entry that are probably mistyped: without its `host`, for one, a server is sought on 127.0.0.1. */
export function warnOfMistypedFields(entry: ServerEntry, logger: Logger): void {
  const unknown = unknownOptions(entry, { names: FIELDS, ignored: ['id'], onlyNear: true });
  if (unknown.length > 0)
    logger.warn(`mailstation: the entry of server ${entry.id} has fields without a meaning: ${unknown.join(', ')}`);
}

/**
 * Logs a server that cannot be called, or the reason why an entry was left out. A server that has a port for clients of
 * another kind, as a gate of pomelo has, is no mistake, and is not logged.
 */
function logUncallable(server: Uncallable | string, logger: Logger): void {
  if (typeof server === 'string') {
    logger.warn(`mailstation: an entry of a list of servers was left out: ${server}`);
    return;
  }
  warnOfMistypedFields(server.entry, logger);
  if ((server.entry['clientPort'] ?? undefined) === undefined || server.why !== NO_PORT)
    logger.warn(`mailstation: server ${server.id} is known, but cannot be called: ${server.why}`);
}

/** Reports of a roster, as lines of the log. */
export function rosterLogs(logger: Logger): {
  onUncallable(server: Uncallable | string): void;
  onWeight(why: string): void;
} {
  return {
    onUncallable: (server) => logUncallable(server, logger),
    onWeight: (why) => logger.warn(`mailstation: ${why}; the weight is left out, and counts as 1`),
  };
}

function idOf(given: ServerEntry): string {
  const named = idOfNumber(given?.id);
  const id =
    named === undefined && given
      ? requiredString('the id of a server', given, 'id')
      : nonEmptyString('the id of a server', named);
  if (id === '*') throw invalid('"*" cannot be the id of a server: it stands for all of a type');
  return id;
}

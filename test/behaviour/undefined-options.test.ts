import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { CLIENT_OPTION_NAMES, type ClientOptions } from '../../client/options.js';
import { resolveFailureOptions } from '../../failure/index.js';
import { cluster, createClient, createServer, type Logger, Server, type ServerInfo } from '../../index.js';
import { CALL_OPTION_NAMES } from '../../lib/call/call-contract.js';
import { CLUSTER_OPTION_NAMES, resolveClusterOptions } from '../../lib/cluster/options.js';
import { pinusClientOptions, pomeloClientOptions, pomeloServerOptions } from '../../lib/compat/option-names.js';
import { resolveListeningOptions } from '../../lib/leader/options.js';
import { resolveServiceOptions } from '../../lib/service/options.js';
import { Client as PomeloClient } from '../../node-client.js';
import { SERVER_OPTION_NAMES, type ServerOptions } from '../../server/options.js';
import { resolveMailStationOptions } from '../../station/index.js';

type Table = { readonly [name: string]: true | Table };

/** Every option of a table as undefined; groups as groups whose options are undefined. */
function allUndefined(table: object, hasGroups = false): object {
  return Object.fromEntries(
    Object.entries(table as Table).map(([name, entry]) => [
      name,
      entry === true || !hasGroups ? undefined : allUndefined(entry),
    ]),
  );
}

function recording(): { logger: Logger; lines: string[] } {
  const lines: string[] = [];
  const log = (message: unknown) => void lines.push(String(message));
  return { logger: { info: log, warn: log, error: log }, lines };
}

/** Compares what options became. Functions that a resolver makes anew are alike. */
function same(given: object, bare: object): void {
  assert.equal(inspect(given, { depth: 9 }), inspect(bare, { depth: 9 }));
}

/** A logger of one's own is the only option that has a value. */
function silent(given: object): ClientOptions & ServerOptions {
  return { ...given, logger: recording().logger } as ClientOptions & ServerOptions;
}

describe('an option that is undefined is an option that is not given', () => {
  it('for a client', () => {
    const given = silent(allUndefined(CLIENT_OPTION_NAMES));
    const { logger } = given;
    same(resolveMailStationOptions(given, {}), resolveMailStationOptions({ logger }, {}));
    same(resolveFailureOptions(given), resolveFailureOptions({}));
    const { logger: log, lines } = recording();
    createClient({ ...given, logger: log });
    assert.deepEqual(lines, []);
  });

  it('for a client, in each group', () => {
    const { ejection, retryBudget } = allUndefined(CLIENT_OPTION_NAMES, true) as ClientOptions;
    const logger = recording().logger;
    const [given, bare] = [
      { ejection, logger },
      { ejection: {}, logger },
    ];
    same(resolveMailStationOptions(given, {}), resolveMailStationOptions(bare, {}));
    same(resolveFailureOptions({ retryBudget }), resolveFailureOptions({ retryBudget: {} }));
  });

  it('for a server', () => {
    const given = silent({ ...allUndefined(SERVER_OPTION_NAMES), port: 0 });
    const { logger, lines } = recording();
    same(resolveListeningOptions(given, logger), resolveListeningOptions({ port: 0 }, logger));
    same(resolveServiceOptions(given), resolveServiceOptions({}));
    createServer({ ...given, logger });
    Server.create({ ...given, logger });
    assert.deepEqual(lines, []);
  });

  it('for a shared client', () => {
    const given = { ...allUndefined(CLUSTER_OPTION_NAMES), logger: recording().logger };
    same(resolveClusterOptions(given, 'C'), resolveClusterOptions({ logger: given.logger }, 'C'));
    assert.doesNotThrow(() => cluster(class Real {}, given));
  });

  it('for the clients and servers of pomelo and pinus, which have defaults of their own', () => {
    const given = { callbacks: undefined, router: undefined };
    same(pomeloClientOptions(given), pomeloClientOptions({}));
    same(pomeloServerOptions({ callbacks: undefined }), pomeloServerOptions({}));
    same(pinusClientOptions({ router: undefined }), pinusClientOptions({}));
    assert.doesNotThrow(() => PomeloClient.create(silent(allUndefined(CLIENT_OPTION_NAMES))));
  });

  it('for an entry of the roster, a record and a filter', (t) => {
    const client = createClient(silent({}));
    t.after(() => client.stop(true));
    const server: ServerInfo = { id: 'a', serverType: 'chat', port: 1, host: undefined, weight: undefined };
    client.addServer({ ...server, transport: undefined });
    client.addProxy({ namespace: 'user', serverType: 'chat', path: undefined });
    client.filter({ name: undefined, before: (_id, _msg, _opts, next) => next(), after: undefined });
    assert.deepEqual(Object.keys(client.proxies.user), ['chat']);
    assert.equal(client.getServersByType('chat').length, 1);
  });

  it('for a call, where earlier options of the method stay', async (t) => {
    const server = createServer(
      silent({ port: 0, services: { user: { rooms: { hang: () => new Promise(() => {}) } } }, drainTimeout: 0 }),
    );
    await server.start();
    t.after(() => server.stop(true));
    const client = createClient(silent({}));
    t.after(() => client.stop(true));
    client.addProxy({ namespace: 'user', serverType: 'chat' });
    client.addServer({ id: 'a', serverType: 'chat', port: server.port ?? 0 });
    await client.start();
    const { hang } = client.proxies.user.chat.rooms;
    const call = hang.with({ timeout: 50 }).with(allUndefined(CALL_OPTION_NAMES))(null);
    await assert.rejects(call, { code: 'ERR_RPC_TIMEOUT' });
  });
});

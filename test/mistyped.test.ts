import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import {
  Client,
  type ClientOptions,
  createClient,
  createServer,
  type Filter,
  type ProxyRecord,
  type RouterLike,
  RpcError,
  type ServerInfo,
  type ServerOptions,
} from '../index.js';
import { loadModuleNames } from '../lib/service/module-names.js';
import { call, failure, keptLog, serve, unusedPort } from './behaviour/support.js';
import { folderOf } from './lib/service/files.js';

/** Text of the RpcError that a function throws. */
function thrownBy(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof RpcError, String(error));
    assert.equal(error.code, 'ERR_RPC_INVALID_ARGUMENT');
    return error.message;
  }
  return assert.fail('nothing was thrown');
}

const OPTIONS = 'must be an object of options';

describe('what is no object of options is refused', () => {
  for (const [given, shown] of [
    [[], '[]'],
    [null, 'null'],
    [3333, '3333'],
  ] as const) {
    it(`by createClient(${shown})`, () =>
      assert.equal(
        thrownBy(() => createClient(given as ClientOptions)),
        `the argument of createClient() ${OPTIONS}, got ${shown}`,
      ));

    it(`by createServer(${shown})`, () =>
      assert.equal(
        thrownBy(() => createServer(given as unknown as ServerOptions)),
        `the argument of createServer() ${OPTIONS}, at least { id, port }, got ${shown}`,
      ));
  }

  it('by createServer()', () =>
    assert.equal(
      thrownBy(() => (createServer as () => unknown)()),
      'the argument of createServer() is missing: give an object of options, at least { id, port }',
    ));

  it('by a list of services', () =>
    assert.equal(
      thrownBy(() => createServer({ port: 0, services: [] as never })),
      'services must be an object { namespace: { module: service } }, got []',
    ));

  it('by with()', async (t) => {
    const { calls } = await call(t, []);
    assert.equal(
      thrownBy(() => calls['f'].with(500)),
      'the argument of with() must be an object of options, such as { timeout: 500 }, got 500',
    );
    assert.equal(
      thrownBy(() => calls['f'].with()),
      'the argument of with() is missing: give an object of options, such as { timeout: 500 }',
    );
  });
});

describe('stop()', () => {
  const makers = {
    client: () => createClient(),
    server: () => createServer({ id: 'test-1', port: 0, logger: keptLog().logger }),
  };
  for (const [name, make] of Object.entries(makers)) {
    it(`of a ${name} refuses what is neither true nor false, and stops nothing`, async () => {
      const one = make();
      const given = [
        [{ forc: true }, '{ forc: true }'],
        ['x', '"x"'],
        [1, '1'],
      ] as const;
      for (const [force, shown] of given) {
        const error = await failure(one.stop(force as never));
        assert.equal(error.message, `the first argument of stop() must be true or false, got ${shown}`);
        assert.equal(one.state, 'idle');
      }
      await one.stop(null as never);
      assert.equal(one.state, 'closed');
    });
  }

  it('of a client in the form of pomelo takes any value', async () => {
    const client = Client.create();
    await client.stop('x' as never);
    assert.equal(client.state, 'closed');
  });
});

describe('a missing field is an error that names the field that was probably meant', () => {
  const client = createClient();

  it('in a record of proxies', () => {
    assert.equal(
      thrownBy(() => client.addProxies([{ nameSpace: 'user', serverType: 'test' } as unknown as ProxyRecord])),
      'the namespace of a record is missing: the field "nameSpace" was given; did you mean namespace?',
    );
    assert.equal(
      thrownBy(() => client.addProxy({ namespace: 'user', sreverType: 'test' } as unknown as ProxyRecord)),
      'the serverType of a record is missing: the field "sreverType" was given; did you mean serverType?',
    );
    assert.equal(
      thrownBy(() => client.addProxies(['user'] as never)),
      'a record of proxies must be an object { namespace, serverType }, got "user"',
    );
  });

  it('in the entry of a server', () => {
    assert.equal(
      thrownBy(() => client.addServers([{ ID: 'test-1', serverType: 'test', port: 1 } as unknown as ServerInfo])),
      'the id of a server is missing: the field "ID" was given; did you mean id?',
    );
    assert.equal(
      thrownBy(() => client.addServer([{ id: 'test-1' }] as never)),
      'addServer() takes one server, got a list: give the list to addServers()',
    );
  });

  it('in a message of rpcInvoke', () =>
    assert.equal(
      thrownBy(() => client.rpcInvoke('test-1', { namespace: 'user', servce: 'm', method: 'f', args: [] } as never)),
      'msg.service is missing: the field "servce" was given; did you mean service?',
    ));

  it('in an entry of paths', () => {
    const served = (entry: object) => () => createServer({ port: 0, paths: [entry as never] });
    assert.equal(
      thrownBy(served({ nameSpace: 'user', path: 'x' })),
      'the namespace of a path is missing: the field "nameSpace" was given; did you mean namespace?',
    );
    assert.equal(
      thrownBy(served({ namespace: 'user', paht: 'x' })),
      'the path of namespace user is missing: the field "paht" was given; did you mean path?',
    );
    assert.equal(
      thrownBy(served({ namespace: 'user', path: 'x', callback: true })),
      'the path of namespace user has no option "callback" (did you mean callbacks?)',
    );
    assert.ok(createServer({ port: 0, paths: [{ namespace: 'user', path: 'x', serverType: 'test' } as never] }));
  });

  it('in a type that an entry of a server has under a wrong name, as a warning', () => {
    const { logger, lines } = keptLog();
    createClient({ logger }).addServer({ id: 'a-1', serverTpye: 'test', port: 1 } as unknown as ServerInfo);
    assert.deepEqual(lines, [
      'mailstation: the entry of server a-1 has fields without a meaning: "serverTpye" (did you mean serverType?)',
    ]);
  });

  it('in two records, each with a line of its own', () => {
    const { logger, lines } = keptLog();
    const record = { namespace: 'user', serverType: 'test', paht: 'x' };
    createClient({ logger }).addProxies([record, { ...record, namespace: 'sys' }]);
    assert.equal(lines.length, 2);
  });
});

describe('a filter with a mistyped phase is refused', () => {
  it('although the other phase is there', () =>
    assert.equal(
      thrownBy(() => createClient().filter({ before() {}, aftr() {} } as Filter)),
      'a filter has a field without a meaning: "aftr" (did you mean after?)',
    ));
});

describe('route() without a router', () => {
  it('is an error', () =>
    assert.equal(
      thrownBy(() => createClient().route('rr', undefined as unknown as RouterLike)),
      'the router of route() is missing: give the name of a router or a function',
    ));
});

describe('a call says what to do', () => {
  it('before the start and after the stop', async () => {
    const client = createClient();
    client.addProxy({ namespace: 'user', serverType: 'test' });
    const { f } = client.proxies['user']['test'].m;
    assert.match(
      (await failure(f(null))).message,
      /^user\.m\.f: the client is not started: await client\.start\(\) before the call$/,
    );
    await client.start();
    assert.equal((await failure(client.start())).message, 'the client is started already: call start() once');
    await client.stop();
    assert.match((await failure(f(null))).message, /the client is stopped: make another client for further calls$/);
    assert.match((await failure(client.start())).message, /make another client/);
  });

  it('for an id that no server has', async (t) => {
    const served = await serve(t, { f: () => 1 });
    const { calls, client } = await call(t, [served]);
    assert.equal(
      (await failure(calls['f'].toServer('tset-1'))).message,
      'user.service.f on tset-1: no server with the id "tset-1" is known, only test-1. Did you mean test-1?',
    );
    assert.equal(
      (await failure(calls['f'].toServer({ id: 'test-1' }))).message,
      "user.service.f: the id of the server must be a non-empty string, got { id: 'test-1' }",
    );
    assert.equal(
      (await failure(calls['f'].toServer())).message,
      'user.service.f: the id of the server is missing: give a non-empty string',
    );
    client.removeServer('test-1');
    assert.equal(
      (await failure(calls['f'].toServer('test-1'))).message,
      'user.service.f on test-1: no server with the id "test-1" is known. Add the server with client.addServer() before the ' +
        'call, or correct the id',
    );
  });

  it('for a type that no server has', async (t) => {
    const { calls } = await call(t, [{ id: 'a-1', serverType: 'tset', port: 1 }]);
    const text = "user.service.f: no server of type 'test' is known, only of tset. Did you mean tset?";
    assert.equal((await failure(calls['f'](null))).message, text);
    assert.equal((await failure(calls['f'].toServer('*'))).message, text);
  });

  it('for an id that the server on the port does not have', async (t) => {
    const { port } = await serve(t, { f: () => 1 });
    const { calls } = await call(t, [{ id: 'test-2', serverType: 'test', port }], { timeout: 300 });
    assert.match(
      (await failure(calls['f'](null))).message,
      /leads "test-1"; give client\.addServer\(\) the id and the port of one server/,
    );
  });

  it('in the log line about a server that is out of reach', async (t) => {
    const port = await unusedPort(t);
    const { calls, log } = await call(t, [{ id: 'test-1', serverType: 'test', port }], { timeout: 2_500 });
    await failure(calls['f'](null));
    assert.match(
      log.join('\n'),
      /connect ECONNREFUSED .*; start the server, or correct the host and the port of its entry/,
    );
  });
});

describe('the last argument of a call', () => {
  it('is no callback where it is a class, and then cannot be sent', async (t) => {
    const { calls } = await call(t, [await serve(t, { f: () => 1 })]);
    const error = await failure(calls['f'](null, 1, class X {}));
    assert.equal(error.code, 'ERR_RPC_ENCODE');
    assert.match(error.message, /args\[1\] is a (function|class)/);
  });
});

describe('log lines that are held back', () => {
  it('are written when the client stops', async (t) => {
    const { client, calls, log } = await call(t, []);
    for (let i = 0; i < 3; i++) await calls['f'].oneway(null).catch(() => {});
    const lost = client.proxies['usr'] as typeof client.proxies;
    for (let i = 0; i < 3; i++) await failure(lost['test'].m.f(null));
    assert.equal(log.length, 2, log.join('\n'));
    await client.stop();
    assert.equal(log.length, 4, log.join('\n'));
    assert.match(log[2] ?? '', /a one-way call failed.*\(and 1 more like it, left out\)$/s);
    assert.match(log[3] ?? '', /client\.proxies\.usr\.test\.m\.f does not exist.*\(and 1 more like it, left out\)$/);
  });
});

describe('a forgotten route parameter', () => {
  it('is one log line, where the first argument is a plain value and the router uses none', async (t) => {
    const served = await serve(t, { add: (a: number, b: number) => a + b });
    const { calls, log } = await call(t, [served]);
    await calls['add'](null, 1, 2);
    await calls['add']({ uid: 'a' }, 1, 2);
    assert.deepEqual(log, []);
    await calls['add'](1, 2);
    await calls['add'](1, 2);
    assert.deepEqual(log, [
      'mailstation: user.service.add was called with a number as its route parameter: the first argument of a call is for the ' +
        'router, is not sent to the method, and has no meaning for the router "default". Call add(null, ...args), or ' +
        'add({ uid }, ...args)',
    ]);
  });

  it('is nothing that a router of the user, or a program of pomelo, is told', async (t) => {
    const served = await serve(t, { f: () => 1 });
    const own = await call(t, [served], { router: () => 'test-1' });
    await own.calls['f']('room-7');
    assert.deepEqual(own.log, []);
    const { logger, lines } = keptLog();
    const client = Client.create({ logger });
    t.after(() => client.stop(true));
    client.addServer(served.info);
    client.addProxy({ namespace: 'user', serverType: 'test' });
    await client.start();
    await client.proxies['user']['test'].service.f('room-7');
    assert.deepEqual(lines, []);
  });
});

describe('a server says at its start', () => {
  async function warnings(t: TestContext, options: Partial<ServerOptions>): Promise<string[]> {
    const { logger, lines } = keptLog();
    const server = createServer({ id: 'test-1', port: 0, ...options, logger: { ...logger, info: () => {} } });
    t.after(() => server.stop(true));
    await server.start();
    return lines;
  }

  it('which methods have names that no proxy has', async (t) => {
    const f = async () => 1;
    const services = { user: { toJSON: { f }, _own: { f }, ok: { f, valueOf: f, onModuleInit: f } } };
    assert.deepEqual(await warnings(t, { services }), [
      'mailstation: a client without the code of this server has no proxies for user.toJSON, user._own, user.ok.valueOf, since ' +
        'JavaScript and tools read names such as these from every object; choose other names, or call the methods with ' +
        'client.rpcInvoke(serverId, { namespace, service, method, args })',
    ]);
    assert.deepEqual(await warnings(t, { services: { user: { ok: { f, onModuleInit: f } } } }), []);
  });

  it('which subfolders may be meant', async (t) => {
    const folder = folderOf(t, { 'test/m.mjs': 'export const f = () => 1;' });
    const [line] = await warnings(t, { paths: [{ namespace: 'user', path: folder }] });
    assert.match(line ?? '', /\(subfolders are not searched; give the path of one of them, such as test\)$/);
  });

  it('that a module takes long to load', async (t) => {
    const folder = folderOf(t, { 'm.mjs': 'export const then = (done) => setTimeout(done, 3_500, { f: () => 1 });' });
    const [line] = await warnings(t, { paths: [{ namespace: 'user', path: folder }] });
    assert.match(line ?? '', /m\.mjs has not been loaded within 3000 ms, and the start waits: .* a function then\(\)/);
  });

  it('that a path which is a URL of the web has no files', () =>
    assert.match(
      thrownBy(() => loadModuleNames(new URL('http://example.com/x'), undefined)),
      /got "http:\/\/example\.com\/x"/,
    ));

  it('that a default export is a method, where a factory belongs', async (t) => {
    const folder = folderOf(t, { 'm.mjs': 'export default function f(a) {}' });
    const error = await failure(warnings(t, { paths: [{ namespace: 'user', path: folder }] }));
    assert.match(
      error.message,
      /returned nothing: a factory returns an object with methods\. A method by itself is a named export$/,
    );
  });
});

describe('a bound or wrapped method that answers with nothing', () => {
  const later = (cb?: (error: null, value: number) => void) => void setImmediate(() => cb?.(null, 1));
  const service = {
    bound: later.bind(undefined),
    wrapped: (...args: []) => later(...args),
    full: ((_a: number) => {}).bind(undefined),
    plain: () => {},
  };

  it('is one log line that names the option callbacks', async (t) => {
    const served = await serve(t, service);
    const { calls } = await call(t, [served]);
    for (let i = 0; i < 2; i++) {
      for (const name of ['bound', 'wrapped', 'plain']) assert.equal(await calls[name](null), undefined);
      await calls['full'](null, 1);
    }
    const lines = served.log.filter((line) => line.includes('answered at once'));
    assert.deepEqual(
      lines.map((line) => /user\.service\.\w+/.exec(line)?.[0]),
      ['user.service.bound', 'user.service.wrapped'],
    );
    assert.match(lines[0] ?? '', /the method is bound: if the method takes a callback, set the option callbacks: true/);
  });

  for (const callbacks of [true, false]) {
    it(`is no line with callbacks: ${callbacks}`, async (t) => {
      const served = await serve(t, service, { callbacks });
      const { calls } = await call(t, [served]);
      await calls['bound'](null);
      assert.deepEqual(
        served.log.filter((line) => line.includes('answered at once')),
        [],
      );
    });
  }
});

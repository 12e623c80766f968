import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { inspect } from 'node:util';
import { freePort } from '../../bench/free-port.js';
import { createClient as createPinusClient } from '../../compat/pinus-rpc.js';
import { Client, type ClientOptions, type CustomMailBox, createClient, RpcCode, type RpcError } from '../../index.js';
import { until } from '../support/until.js';
import { call, failure, keptLog, type Served, serve } from './support.js';

/** A server whose methods take the callback last, and log what they were called with. */
async function serveEcho(t: TestContext, id = 'test-1'): Promise<Served & { readonly got: unknown[][] }> {
  const got: unknown[][] = [];
  const echo = (...args: unknown[]) => {
    const callback = args.pop() as (error: unknown, ...results: unknown[]) => void;
    got.push(args);
    callback(null, id, ...args);
  };
  const fail = (...args: unknown[]) => (args.at(-1) as (error: unknown) => void)(new Error('no'));
  return { ...(await serve(t, { echo, fail }, { id, callbacks: true })), got };
}

const pomelos = (t: TestContext, servers: Parameters<typeof call>[1], options?: ClientOptions) =>
  call(t, servers, options, Client.create);

const answer = (start: (callback: (...outcome: unknown[]) => void) => unknown): Promise<unknown[]> =>
  new Promise((resolve) => start((...outcome) => resolve(outcome)));

describe('null or undefined in the place of the callback', () => {
  for (const nothing of [null, undefined]) {
    it(`is not sent by a client of Client.create, in any form of a call: ${nothing}`, async (t) => {
      const served = await serveEcho(t);
      const { client, calls } = await pomelos(t, [served]);
      const msg = { namespace: 'user', service: 'service', method: 'echo', args: ['a', null] };
      const forms: (() => unknown)[] = [
        () => calls.echo(null, 'a', nothing),
        () => calls.echo.toServer('test-1', 'a', nothing),
        () => calls.echo.to('test-1')('a', nothing),
        () => calls.echo.to('test-1', true)('a', nothing),
        () => calls.echo.route(null)('a', nothing),
        () => calls.echo.route(null, true)('a', nothing),
        () => calls.echo.defaultRoute('a', nothing),
        () => calls.echo.oneway(null, 'a', nothing),
        () => calls.echo.with({ timeout: 5_000 })(null, 'a', nothing),
        () => calls.echo.broadcast('a', nothing),
        () => calls.echo.toServer('*', 'a', nothing),
      ];
      for (const [at, form] of forms.entries()) {
        form();
        await until(() => served.got.length === at + 1, { what: 'the call' });
        assert.deepEqual(served.got.at(-1), ['a'], String(form));
      }
      client.rpcInvoke('test-1', msg, nothing as never);
      await until(() => served.got.length === forms.length + 1, { what: 'the call of rpcInvoke' });
      assert.deepEqual(served.got.at(-1), ['a', null], 'arguments of a message are none of the callback');
    });
  }

  it('is an argument of a client of createClient, and of pinus', async (t) => {
    const served = await serveEcho(t);
    for (const create of [createClient, createPinusClient]) {
      const { calls } = await call(t, [served], {}, create);
      await calls.echo(null, 'a', null);
      assert.deepEqual(served.got.at(-1), ['a', null]);
    }
  });

  it('leaves the route parameter alone, and takes one argument at most', async (t) => {
    const served = await serveEcho(t);
    const { calls } = await pomelos(t, [served]);
    await calls.echo(null);
    await calls.echo(null, null, null, null);
    assert.deepEqual(served.got, [[], [null, null]]);
  });
});

describe('a failed call without a callback', () => {
  const nobody = { id: 'test-1', serverType: 'test', port: 1 };

  /** Rejections that no one has handled, up to two turns of the event loop from now. */
  async function unhandled(run: () => unknown): Promise<unknown[]> {
    const found: unknown[] = [];
    const note = (reason: unknown) => void found.push(reason);
    const before = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    process.on('unhandledRejection', note);
    try {
      await run();
      for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
    } finally {
      process.off('unhandledRejection', note);
      for (const listener of before) process.on('unhandledRejection', listener);
    }
    return found;
  }

  it('is one log line, and no unhandled rejection, in any form', async (t) => {
    const { client, calls, log } = await pomelos(t, [nobody], { timeout: 30 });
    const msg = { namespace: 'user', service: 'service', method: 'kick', args: [] };
    const forms: (() => unknown)[] = [
      () => calls.kick(null, 'ada', null),
      () => calls.kick.toServer('test-1', 'ada', undefined),
      () => calls.kick.toServer('unknown', 'ada'),
      () => calls.kick.to('test-1')('ada'),
      () => calls.kick.route(null)('ada'),
      () => calls.kick.toServer('*', 'ada', null),
      () => client.rpcInvoke('test-1', msg),
      () => client.rpcInvoke('unknown', msg, null as never),
    ];
    const found = await unhandled(async () => {
      for (const form of forms) form();
      await until(
        () => log.some((line) => /a call without a callback failed: user\.service\.kick on unknown/.test(line)),
        { what: 'the log line' },
      );
      await failure(calls.kick(null)); // later than all of them
    });
    assert.deepEqual(found, []);
    const lines = log.filter((line) => line.includes('without a callback'));
    assert.equal(lines.length, 1, 'the first at once, the others within a second as one');
    assert.match(
      lines[0] ?? '',
      /no server with the id "unknown" is known, only .* Add the server with .* correct the id \(ERR_RPC_NO_SERVER\)$/,
    );
  });

  it('rejects for a caller that uses the promise, and is then no log line', async (t) => {
    const { calls, log } = await pomelos(t, [nobody], { timeout: 30 });
    const { code } = await failure(calls.kick(null));
    await assert.rejects(async () => await calls.kick(null), { code });
    await Promise.all([calls.kick(null).catch(() => {}), calls.kick(null).then(null, () => {})]);
    await Promise.allSettled([calls.kick(null), calls.kick(null).finally(() => {})]);
    assert.deepEqual(log, []);
  });

  it('is an unhandled rejection where the caller uses the promise and forgets the failure', async (t) => {
    const { calls } = await pomelos(t, [nobody], { timeout: 30 });
    const found = await unhandled(async () => {
      const made = calls.kick(null);
      made.then(() => {});
      await failure(made);
    });
    assert.deepEqual(
      found.map((reason) => (reason as RpcError).method),
      ['user.service.kick'],
    );
  });

  it('is an ordinary promise otherwise', async (t) => {
    const served = await serveEcho(t);
    const { calls } = await pomelos(t, [served]);
    const made = calls.echo(null, 'x');
    assert.ok(made instanceof Promise);
    assert.equal(made.then().constructor, Promise);
    assert.equal(await made, 'test-1');
  });

  it('is an unhandled rejection with createClient, as of any promise', async (t) => {
    const { calls } = await call(t, [nobody], { timeout: 30 });
    const found = await unhandled(async () => {
      calls.kick(null);
      await failure(calls.kick(null));
    });
    assert.equal(found.length, 1);
  });

  it('of rpcInvoke is a log line for pinus too, which expects no promise of it', async (t) => {
    const { client, log } = await call(t, [], {}, createPinusClient);
    const msg = { namespace: 'user', service: 'service', method: 'kick', args: [] };
    const found = await unhandled(() => void client.rpcInvoke('unknown', msg));
    assert.deepEqual(found, []);
    assert.match(log.join('\n'), /without a callback failed: user\.service\.kick on unknown/);
  });
});

describe('rpcInvoke without a serverType', () => {
  const msg = { namespace: 'user', service: 'service', method: 'echo', args: ['x'] };

  it('reaches the server through filters, which see the names of the message and the type of the roster', async (t) => {
    const served = await serveEcho(t);
    const { client } = await pomelos(t, [served]);
    const seen: unknown[] = [];
    client.before((serverId, { namespace, serverType, service, method, args }) => {
      seen.push(serverId, { namespace, serverType, service, method, args });
    });
    client.after({ name: 'log', after: (serverId, { method }) => seen.push(serverId, method) });
    assert.deepEqual(await answer((callback) => client.rpcInvoke('test-1', msg, callback)), [null, 'test-1', 'x']);
    assert.deepEqual(seen, ['test-1', { ...msg, serverType: 'test' }, 'test-1', 'echo']);
  });

  it('goes to the server and with the message that a filter gives, also where the message names no type', async (t) => {
    const [one, two] = [await serveEcho(t, 'test-1'), await serveEcho(t, 'test-2')];
    const { client } = await pomelos(t, [one, two]);
    client.before((_id, given, _opts, next) =>
      next('test-2', { ...given, serverType: undefined as never, args: ['y'] }),
    );
    client.filter((_id, _msg, _opts, next) => next());
    assert.deepEqual(await answer((callback) => client.rpcInvoke('test-1', msg, callback)), [null, 'test-2', 'y']);
    assert.deepEqual(one.got, []);
  });

  it('reaches a server whose entry has no type, and of an unknown type', async (t) => {
    const served = await serveEcho(t, 'plain');
    const { client } = await pomelos(t, []);
    client.before((_id, _msg, _opts, next) => next());
    client.addServers([{ id: 'plain', port: served.port } as never]);
    assert.deepEqual(await answer((callback) => client.rpcInvoke('plain', msg, callback)), [null, 'plain', 'x']);
  });

  it('is sent in each failure mode, with filters', async (t) => {
    const served = await serveEcho(t);
    for (const failMode of ['failover', 'failfast', 'failsafe', 'failback'] as const) {
      const { client } = await pomelos(t, [served], { failMode });
      client.before((_id, _msg, _opts, next) => next());
      client.after((_id, _msg, _opts, next) => next());
      assert.deepEqual(
        await answer((callback) => client.rpcInvoke('test-1', msg, callback)),
        [null, 'test-1', 'x'],
        failMode,
      );
    }
  });

  it('is refused by a filter, and the error handler sees it', async (t) => {
    const served = await serveEcho(t);
    const { client } = await pomelos(t, [served]);
    const handled: unknown[] = [];
    client.setErrorHandler((error, serverId, { method }) => handled.push(error.code, serverId, method));
    client.before((_id, _msg, _opts, next) => next(new Error('closed today')));
    const [error] = await answer((callback) => client.rpcInvoke('test-1', msg, callback));
    assert.equal((error as RpcError).code, RpcCode.Filter);
    assert.deepEqual(handled, [RpcCode.Filter, 'test-1', 'echo']);
  });

  it('is traced with rpcDebugLog', async (t) => {
    const served = await serveEcho(t);
    const traced = keptLog();
    const { client } = await pomelos(t, [served], { rpcDebugLog: true, rpcLogger: traced.logger });
    client.before((_id, _msg, _opts, next) => next());
    await answer((callback) => client.rpcInvoke('test-1', msg, callback));
    assert.ok(traced.lines.some((line) => line.includes('user.service.echo')));
  });

  it('takes a number for the id of a server, as projects for pomelo number theirs', async (t) => {
    const served = await serveEcho(t, '7');
    const { client } = await pomelos(t, [{ ...served.info, id: 7 as never }]);
    assert.deepEqual(await answer((callback) => client.rpcInvoke(7 as never, msg, callback)), [null, '7', 'x']);
  });
});

describe('a server that is known and cannot be called', () => {
  const gate = { id: 'gate-1', serverType: 'gate', host: '127.0.0.1', clientPort: 3014, frontend: true } as never;

  for (const create of [createClient, Client.create, createPinusClient]) {
    it(`fails calls at once, with the reason, and no other entry: ${create.name}`, async (t) => {
      const served = await serveEcho(t);
      const { client, calls, log } = await call(t, [], {}, create);
      for (const add of [
        () => client.addServers([gate, served.info]),
        () => client.replaceServers([gate, served.info, { id: 'master-1', host: '127.0.0.1' } as never]),
      ]) {
        add();
        assert.equal(await calls.echo(null, 'x'), 'test-1');
        const error = await failure(calls.echo.toServer('gate-1'));
        assert.equal(
          error.message,
          'user.service.echo on gate-1: server gate-1 is known, but its entry has no port; add the server again with a ' +
            'complete entry { id, serverType, host, port }',
        );
        assert.deepEqual([error.code, error.delivery], [RpcCode.NoServer, 'not-sent']);
      }
      client.addProxy({ namespace: 'user', serverType: 'gate' });
      const routed = await failure(client.proxies['user']?.['gate']?.['m']?.['f']?.(null) as Promise<unknown>);
      assert.match(
        routed.message,
        /^user\.m\.f: no server of type 'gate' can be called: server gate-1 is known, but its entry has no port/,
      );
      assert.deepEqual(log, ['mailstation: server master-1 is known, but cannot be called: its entry has no port']);
      assert.deepEqual(Object.keys(client.servers), ['test-1']);
    });
  }

  it('can be called once it has a port', async (t) => {
    const served = await serveEcho(t, 'gate-1');
    const { client, calls } = await pomelos(t, [gate]);
    client.addServer(served.info);
    assert.equal(await calls.echo.toServer('gate-1', 'x'), 'gate-1');
  });

  it('is shown by _station, which has the whole roster', async (t) => {
    const { client } = await call(t, [gate], {}, createPinusClient);
    const { _station: station } = client as ReturnType<typeof createPinusClient>;
    assert.deepEqual(station.servers['gate-1'], gate);
    assert.deepEqual([station.serversMap, station.onlines], [{ gate: ['gate-1'] }, { 'gate-1': 1 }]);
  });

  it('may be in a list with entries that do not fit, which are logged by clients of pomelo and pinus', async (t) => {
    const served = await serveEcho(t);
    for (const create of [Client.create, createPinusClient]) {
      const { client, calls, log } = await call(t, [], {}, create);
      client.addServers([{ id: 'a', serverType: 'test', port: 'x' } as never, null as never, served.info]);
      assert.equal(await calls.echo(null), 'test-1');
      assert.deepEqual(log, [
        'mailstation: an entry of a list of servers was left out: a server must be an object { id, serverType, host, port }, got null',
        'mailstation: server a is known, but cannot be called: the port of server a must be an integer from 1 to 65535, got "x"',
      ]);
      assert.match((await failure(calls.echo.toServer('a'))).message, /the port of server a must be/);
    }
  });
});

describe('a list of ids with values that are no ids', () => {
  it('removes the servers of the others for clients of pomelo and pinus, and is refused by createClient', async (t) => {
    for (const create of [Client.create, createPinusClient, createClient]) {
      const { client } = await call(t, [{ id: '7', serverType: 'test', port: 1 }], {}, create);
      const remove = () => client.removeServers([null, undefined, '', {}, 7] as never);
      if (create === createClient) assert.throws(remove, { code: RpcCode.InvalidArgument });
      else remove();
      assert.deepEqual(Object.keys(client.servers), create === createClient ? ['7'] : []);
    }
  });
});

describe('a list that is not there', () => {
  it('changes nothing for clients of pomelo and pinus, and is refused by createClient', async (t) => {
    for (const create of [Client.create, createPinusClient, createClient]) {
      const { client } = await call(t, [{ id: 'a', serverType: 'test', port: 1 }], {}, create);
      for (const name of ['addProxies', 'addServers', 'removeServers'] as const) {
        const list = (given: unknown) => Reflect.apply(client[name], client, [given]);
        for (const nothing of [undefined, null]) {
          const run = () => list(nothing);
          if (create === createClient) assert.throws(run, { code: RpcCode.InvalidArgument }, name);
          else run();
        }
      }
      assert.deepEqual(Object.keys(client.servers), ['a']);
    }
  });
});

describe('a callback that throws', () => {
  it('is a log line with the stack in the form of pomelo, and the process goes on', async (t) => {
    const served = await serveEcho(t);
    const { client, calls, log } = await pomelos(t, [served]);
    let thrown = 0;
    const throwing = (what: string) => () => {
      thrown += 1;
      throw new Error(what);
    };
    client.filter((_id, _msg, _opts, next) => next());
    const msg = { namespace: 'user', service: 'service', method: 'echo', args: [] };
    const forms: Record<string, (callback: () => void) => unknown> = {
      answered: (callback) => calls.echo(null, callback),
      failed: (callback) => calls.fail(null, callback),
      unknown: (callback) => calls.echo.toServer('unknown', callback),
      all: (callback) => calls.echo.toServer('*', callback),
      oneway: (callback) => calls.echo.oneway(null, callback),
      invoked: (callback) => client.rpcInvoke('test-1', msg, callback),
    };
    for (const [what, form] of Object.entries(forms)) {
      form(throwing(what));
    }
    await until(() => thrown === Object.keys(forms).length, { what: 'all callbacks' });
    for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve)); // none is uncaught
    assert.match(log[0] ?? '', /^mailstation: the callback of a call of user\.service\.\w+ threw: Error: \w+\n +at /);
    assert.equal(await calls.echo(null), 'test-1');
  });
});

describe('what is no list, in the place of a list', () => {
  const entry = { id: 'b', serverType: 'test', port: 2 };
  const record = { namespace: 'sys', serverType: 'test' };
  const withA = [{ id: 'a', serverType: 'test', port: 1 }];
  const creates = [Client.create, createPinusClient];

  it('is a list of one where it is an entry, for clients of pomelo and pinus', async (t) => {
    for (const create of creates) {
      const { client, log } = await call(t, withA, {}, create);
      const list = (name: 'addProxies' | 'addServers' | 'removeServers' | 'replaceServers', given: unknown) =>
        Reflect.apply(client[name], client, [given]);
      list('addServers', entry);
      assert.deepEqual(Object.keys(client.servers), ['a', 'b']);
      list('removeServers', 'b');
      assert.deepEqual(Object.keys(client.servers), ['a']);
      list('replaceServers', new Set([entry]));
      assert.deepEqual(Object.keys(client.servers), ['b']);
      list('addProxies', record);
      list('addProxies', [null, undefined, { ...record, namespace: 'app' }]);
      assert.deepEqual(Object.keys(client.proxies).sort(), ['app', 'sys', 'user']);
      assert.deepEqual(log, []);
    }
  });

  it('counts as an empty list with a warning, for clients of pomelo and pinus', async (t) => {
    for (const create of creates) {
      for (const given of [{}, 'x', 5, true, false, '', { a: entry }, new Map([['b', entry]]), () => [entry]]) {
        for (const name of ['addProxies', 'addServers', 'replaceServers', 'removeServers'] as const) {
          if (name === 'removeServers' && (given === 'x' || given === 5)) continue; // an id
          const { client, log } = await call(t, withA, {}, create);
          Reflect.apply(client[name], client, [given]);
          assert.deepEqual(Object.keys(client.servers), name === 'replaceServers' ? [] : ['a'], name);
          assert.equal(log.length, 1, `${name} ${inspect(given)}`);
          assert.match(
            log[0] ?? '',
            new RegExp(`^mailstation: ${name}\\(\\) wants a list.*, got .*, and takes this value for an empty list`),
          );
          await client.stop(true);
        }
      }
    }
  });

  it('is refused by createClient', async (t) => {
    const { client } = await call(t, withA);
    for (const given of [{}, 'x', entry, new Set([entry]), 5]) {
      for (const name of ['addProxies', 'addServers', 'replaceServers', 'removeServers'] as const) {
        const message = new RegExp(`^the argument of ${name} must be a list.*, got `);
        assert.throws(() => Reflect.apply(client[name], client, [given]), { code: RpcCode.InvalidArgument, message });
      }
    }
    assert.deepEqual(Object.keys(client.servers), ['a']);
  });
});

describe('the weight of a server', () => {
  it('may be written as text, and one that does not fit is left out by clients of pomelo and pinus', async (t) => {
    const served = await serveEcho(t);
    for (const create of [Client.create, createPinusClient]) {
      const { client, calls, log } = await call(t, [], {}, create);
      for (let again = 0; again < 2; again++) {
        const { info } = served;
        client.replaceServers([
          { ...info, weight: '3' },
          { ...info, id: 'b', weight: 0 },
          { ...info, id: 'c', weight: null },
        ] as never);
      }
      assert.deepEqual(
        Object.values(client.servers).map(({ weight }) => weight),
        [3, undefined, undefined],
      );
      assert.deepEqual(log, [
        'mailstation: the weight of server b must be a number above 0, got 0; the weight is left out, and counts as 1',
      ]);
      assert.equal(await calls.echo.toServer('test-1'), 'test-1');
    }
    const { client } = await call(t, []);
    const add = () => client.addServers([{ ...served.info, weight: 0 }]);
    assert.throws(add, { code: RpcCode.InvalidArgument, message: /the weight of server test-1 must be/ });
  });
});

describe('calls without a uid', () => {
  async function servers(t: TestContext): Promise<Served[]> {
    return [await serveEcho(t, 'a'), await serveEcho(t, 'b'), await serveEcho(t, 'c')];
  }
  const targets = async (calls: { echo(...args: unknown[]): Promise<unknown> }, routeParam: unknown) => {
    const found: unknown[] = [];
    for (let at = 0; at < 9; at++) found.push(await calls.echo(routeParam));
    return found;
  };

  it('go to all servers in turn with createClient, and those with a uid to one', async (t) => {
    const { calls } = await call(t, await servers(t));
    for (const routeParam of [null, undefined, {}, { uid: '' }]) {
      const found = await targets(calls as never, routeParam);
      assert.deepEqual([...new Set(found.slice(0, 3))].sort(), ['a', 'b', 'c']);
      assert.deepEqual([...found.slice(0, 3), ...found.slice(0, 3), ...found.slice(0, 3)], found);
    }
    assert.equal(new Set(await targets(calls as never, { uid: 'anna' })).size, 1);
  });

  it('go to one server with Client.create and with pinus, unless another router is named', async (t) => {
    const all = await servers(t);
    for (const create of [Client.create, createPinusClient]) {
      const { calls } = await call(t, all, {}, create);
      assert.deepEqual(new Set(await targets(calls as never, null)), new Set(['a']));
      const named = await call(t, all, { router: 'rr' }, create);
      assert.equal(new Set(await targets(named.calls as never, null)).size, 3);
      const older = await call(t, all, { routerType: 'rr' }, create);
      assert.equal(new Set(await targets(older.calls as never, null)).size, 3);
    }
  });
});

describe('a remote folder that is empty', () => {
  it('is a warning of the client and of the server, which starts', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'mailstation-empty-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const paths = [{ namespace: 'sys', path: folder }];
    const served = await serve(t, {}, { paths });
    const { client, log } = await pomelos(t, [served]);
    client.addProxies([{ namespace: 'sys', serverType: 'test', path: folder }]);
    const line =
      `mailstation: the folder ${folder} has no remote module: its files export no function, factory or class, or there ` +
      'are none (subfolders are not searched)';
    assert.deepEqual(log, [line]);
    assert.ok(served.log.includes(line));
    assert.deepEqual(Object.keys(client.proxies['sys']?.['test'] ?? assert.fail()), []);
    assert.throws(() => client.addProxies([{ namespace: 'sys', serverType: 'test', path: join(folder, 'missing') }]), {
      code: RpcCode.Load,
      message: /does not exist$/,
    });
  });
});

/** Makes custom mailboxes in pomelo-rpc's form, which answer each call with what the method gave its callback. */
function answeringMailBox(given: readonly unknown[]): () => CustomMailBox {
  return () =>
    Object.assign(new EventEmitter(), {
      connect: (_tracer: null, callback: () => void) => callback(),
      send: (_tracer: null, _msg: object, _opts: object, callback: Parameters<CustomMailBox['send']>[3]) =>
        callback(null, null, [...given]),
      close: () => {},
    });
}

describe('a file of a remote folder whose function returns no object', () => {
  it('is left out with a warning in the form of pomelo, and an error otherwise', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'mailstation-helpers-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    for (const [name, value] of Object.entries({ nothing: '', nil: 'null', sum: '5' }))
      writeFileSync(join(folder, `${name}.cjs`), `module.exports = function ${name}() { return ${value}; };`);
    writeFileSync(
      join(folder, 'rooms.cjs'),
      `module.exports = () => ({ list: (callback) => callback(null, 'lobby') });`,
    );
    const paths = [{ namespace: 'sys', path: folder }];
    const served = await serve(t, {}, { paths, callbacks: true });
    const lines = ['nil.cjs returned null', 'nothing.cjs returned nothing', 'sum.cjs returned a number'].map(
      (why) =>
        `mailstation: a file of a remote folder was left out: ${join(folder, why)}: a factory returns an object with methods. A method by itself is a named export`,
    );
    const leftOut = (log: readonly string[]) => log.filter((line) => line.includes('left out')).sort();
    assert.deepEqual(leftOut(served.log), lines);
    const record = { namespace: 'sys', serverType: 'test', path: folder };
    for (const create of [Client.create, createPinusClient]) {
      const { client, log } = await call(t, [served], {}, create);
      client.addProxies([record]);
      assert.deepEqual(leftOut(log), lines);
      assert.equal(await client.proxies['sys']?.['test']?.['rooms']?.['list']?.(null), 'lobby');
    }
    const { client } = await call(t, [served]);
    assert.throws(() => client.addProxies([record]), { code: RpcCode.Load, message: /returned null/ });
    await assert.rejects(serve(t, {}, { paths }), { code: RpcCode.Load, message: /returned null/ });
  });
});

describe('a value in the place of the error', () => {
  const nobody = { id: 'test-1', serverType: 'test', port: 1 };

  const throwing = {
    get message(): string {
      throw new Error('read');
    },
  };
  const passed: unknown[][] = [
    [['ada', 'bob']],
    [[]],
    [{ users: ['ada'] }],
    [{ code: 500 }],
    [{ message: 'hello', from: 'ada' }],
    ['full'],
    [200, 'more', null],
    [true],
    [7n],
  ];
  const answering = (given: readonly unknown[]) => ({
    end: (...args: unknown[]) => (args.at(-1) as (...results: unknown[]) => void)(...given),
  });

  for (const given of passed) {
    it(`reaches the callback of a client of Client.create as it is: ${inspect(given)}`, async (t) => {
      const served = await serve(t, answering(given), { callbacks: true });
      for (const options of [{}, { codecs: ['json'] as const }, { failMode: 'failover' as const }]) {
        if (typeof given[0] === 'bigint' && 'codecs' in options) continue;
        const { client, calls } = await pomelos(t, [served], options);
        const got = await answer((callback) => calls.end(null, callback));
        if (!('codecs' in options)) assert.deepEqual(got, given);
        else assert.deepEqual(JSON.stringify(got), JSON.stringify(given));
        client.stop(true);
      }
      assert.deepEqual(
        served.log.filter((line) => line.includes('failed')),
        [],
        'the value is in no log line of the server',
      );
    });
  }

  for (const given of [[0], [false], [''], [0, 'more'], [false, null, 3]]) {
    it(`reaches the callback of a client of Client.create where it is falsy: ${inspect(given)}`, async (t) => {
      const served = await serve(t, answering(given), { callbacks: true });
      for (const options of [{}, { codecs: ['json'] as const }, { failMode: 'failover' as const }]) {
        const { client, calls } = await pomelos(t, [served], options);
        client.filter((_id, _msg, _opts, next) => next());
        assert.deepEqual(await answer((callback) => calls.end(null, callback)), given);
        assert.equal(await calls.end(null), given[1], 'a promise has the first result: the call has not failed');
        await client.stop(true);
      }
      const { calls } = await call(t, [served]);
      assert.deepEqual(
        await answer((callback) => calls.end(null, callback)),
        [null, ...given.slice(1)],
        'createClient',
      );
      assert.deepEqual(
        served.log.filter((line) => line.includes('failed')),
        [],
      );
    });
  }

  it('is null where the method gave null, nothing, or what JSON has not', async (t) => {
    for (const given of [[], [null], [undefined, 'more'], [Number.NaN], [0n]]) {
      const served = await serve(t, answering(given), { callbacks: true });
      const { calls } = await pomelos(t, [served]);
      assert.deepEqual(
        await answer((callback) => calls.end(null, callback)),
        [null, ...given.slice(1)],
        inspect(given),
      );
    }
  });

  it('reaches the callback through custom mailboxes and custom acceptors', async (t) => {
    const failed = new Error('full');
    for (const given of [[0], [['ada'], 'more'], ['full'], [{ code: 403 }]] as const) {
      const { calls } = await pomelos(t, [nobody], { mailboxFactory: answeringMailBox(given) });
      assert.deepEqual(await answer((callback) => calls.end(null, callback)), given);
    }
    const { calls } = await pomelos(t, [nobody], { mailboxFactory: answeringMailBox([failed, 'more']) });
    const [error, ...results] = await answer((callback) => calls.end(null, callback));
    assert.deepEqual(
      [(error as RpcError).code, (error as RpcError).cause, results],
      ['ERR_RPC_REMOTE', failed, ['more']],
    );
    let receive: (tracer: null, msg: object, callback: (...given: unknown[]) => void) => void = () => assert.fail();
    const acceptorFactory = (_opts: object, given: typeof receive) => {
      receive = given;
      return Object.assign(new EventEmitter(), { listen: () => {}, close: () => {} });
    };
    await serve(t, answering([false, 'more']), {
      callbacks: true,
      acceptorFactory: acceptorFactory as never,
      port: 3_999,
    });
    const msg = { namespace: 'user', serverType: 'test', service: 'service', method: 'end', args: [] };
    assert.deepEqual(await answer((callback) => receive(null, msg, callback)), [false, 'more']);
  });

  it('reaches the callback through shared mailboxes', async (t) => {
    for (const given of [[false], [['ada']]]) {
      const served = await serve(t, answering(given), { callbacks: true });
      const share = { port: await freePort() };
      const leading = await pomelos(t, [served], { share });
      assert.deepEqual(await answer((callback) => leading.calls.end(null, callback)), given);
      const following = await pomelos(t, [served], { share });
      await until(() => following.client.sharing === 'following', { what: 'the follower' });
      assert.deepEqual(await answer((callback) => following.calls.end(null, callback)), given);
      await following.client.stop(true);
      await leading.client.stop(true);
    }
  });

  for (const [error, code] of [
    [new TypeError('no'), undefined],
    [{ name: 'Full', message: 'no' }, undefined],
    [{ message: 'no', code: 'E_FULL' }, 'E_FULL'],
    [{ message: 'no', stack: 'at' }, undefined],
  ] as const) {
    it(`is a failed call where it is like an error: ${JSON.stringify(error)}`, async (t) => {
      const served = await serve(t, answering([error, 'lost']), { callbacks: true });
      const { calls } = await pomelos(t, [served]);
      const [failed] = (await answer((callback) => calls.end(null, callback))) as [RpcError];
      assert.equal(failed.code, RpcCode.Remote);
      assert.deepEqual([(failed.cause as Error).message, (failed.cause as { code?: string }).code], ['no', code]);
    });
  }

  it('is a failed call for a promise and for createClient, and its text shows the value and names the mistake', async (t) => {
    const text = (shown: string) =>
      `user.service.end on test-1: the method called back with ${shown} in the place of the error; write callback(null, result)`;
    for (const [value, message] of [
      [['ada'], text("[ 'ada' ]")],
      [200, text('200')],
      ['full', 'user.service.end on test-1: full'],
    ] as const) {
      const served = await serve(t, answering([value]), { callbacks: true });
      const pomelo = await pomelos(t, [served]);
      assert.equal((await failure(pomelo.calls.end(null))).message, message);
      const { calls } = await call(t, [served]);
      const [failed] = (await answer((callback) => calls.end(null, callback))) as [RpcError];
      assert.deepEqual([failed.message, failed.code, failed.delivery], [message, RpcCode.Remote, 'answered']);
    }
  });

  it('comes with an error, as pomelo-rpc passes both on, where the caller has the form of pomelo', async (t) => {
    const shared = new Error('full');
    const served = await serve(
      t,
      {
        both: (callback: (...given: unknown[]) => void) => callback(shared, { left: 3 }, 'more'),
        alone: (callback: (...given: unknown[]) => void) => callback(shared, null),
        unsendable: (callback: (...given: unknown[]) => void) => callback(new Error('full'), () => {}),
      },
      { callbacks: true },
    );
    for (const options of [{}, { codecs: ['json'] as const }, { failMode: 'failover' as const }]) {
      const { client, calls } = await pomelos(t, [served], options);
      for (const [method, expected] of [
        ['both', [{ left: 3 }, 'more']],
        ['alone', []],
        ['unsendable', []],
      ] as const) {
        const [error, ...results] = await answer((callback) => calls[method](null, callback));
        const { code, cause } = error as { code: string; cause: Error };
        assert.deepEqual([code, cause.message, results], ['ERR_RPC_REMOTE', 'full', expected], method);
      }
      await client.stop(true);
    }
    const { calls } = await call(t, [served]);
    assert.equal((await answer((callback) => calls['both'](null, callback))).length, 1, 'createClient');
  });

  it('keeps its fields on the cause of the failure, and all arguments after a second hop', async (t) => {
    const given = { code: 500, retry: true, details: [{ id: 7 }], name: 'mine', constructor: 'reserved' };
    const inner = await serve(t, answering([given, 'more']), { callbacks: true });
    const { calls: onward } = await call(t, [inner]);
    const outer = await serve(t, { relay: () => onward['end'](null) }, { expectedErrors: ['ERR_RPC_REMOTE'] });
    const { calls } = await call(t, [outer]);
    const first = (await failure(onward['end'](null))).cause as Record<string, unknown>;
    const second = ((await failure(calls['relay'](null))).cause as Error).cause as Record<string, unknown>;
    for (const cause of [first, second]) {
      assert.deepEqual({ ...cause }, { code: 500, retry: true, details: [{ id: 7 }] });
      assert.deepEqual(cause['callbackArguments'], [given, 'more']);
      assert.equal(Object.keys(cause).includes('callbackArguments'), false);
    }
  });

  it('keeps its code in the cause of the failure', async (t) => {
    const served = await serve(t, answering([{ code: 403 }]), { callbacks: true });
    const { calls } = await call(t, [served]);
    assert.equal(((await failure(calls.end(null))).cause as { code?: number }).code, 403);
  });

  it('is a failure that can be sent where the value cannot', async (t) => {
    for (const value of [throwing, () => {}]) {
      const served = await serve(t, answering([value]), { callbacks: true });
      const { calls } = await pomelos(t, [served]);
      const [failed] = (await answer((callback) => calls.end(null, callback))) as [RpcError];
      assert.equal(failed.code, RpcCode.Remote);
    }
  });

  it('is passed on by before and after filters', async (t) => {
    const served = await serve(t, answering([['ada']]), { callbacks: true });
    const { client, calls } = await pomelos(t, [served]);
    client.filter((_id, _msg, _opts, next) => next());
    assert.deepEqual(await answer((callback) => calls.end(null, callback)), [['ada']]);
  });
});

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { RpcCode, type RpcError } from '../lib/errors.js';
import type { Acceptor, AcceptorFactory, AcceptorOptions, MessageCallback } from '../lib/leader/acceptor.js';
import { createServer, Server, type ServerOptions } from '../server.js';
import { folderOf } from './lib/service/files.js';
import { until } from './support/until.js';

const require = createRequire(import.meta.url);

type Answer = unknown[] | undefined;

/** An acceptor that the test speaks through. */
class TestAcceptor extends EventEmitter implements Acceptor {
  readonly opts: AcceptorOptions;
  readonly receive: MessageCallback;
  readonly heard: unknown[] = [];

  constructor(opts: AcceptorOptions, receive: MessageCallback) {
    super();
    this.opts = opts;
    this.receive = receive;
  }

  listen(port: number): unknown {
    this.heard.push(`listen ${port}`);
    return undefined;
  }

  close(): unknown {
    this.heard.push('close');
    this.emit('closed');
    return undefined;
  }

  /** What the server answers; a second answer would show in `answers`. */
  async ask(method: string, args: readonly unknown[] = [], namespace = 'user', service = 'm'): Promise<unknown[]> {
    let answer: Answer;
    this.receive(null, { namespace, service, method, args }, (...given) => {
      assert.equal(answer, undefined, 'answered twice');
      answer = given;
    });
    return until(() => answer, { what: `${method} to be answered` });
  }
}

const services = {
  user: {
    m: {
      add: (a: number, b: number) => a + b,
      later: async (value: unknown) => value,
      fail: () => {
        throw new Error('boom');
      },
      hang: () => new Promise(() => {}),
      self(): boolean {
        return this === services.user.m;
      },
    },
  },
};

function made(options: Partial<ServerOptions> = {}, Kind: typeof TestAcceptor = TestAcceptor) {
  let acceptor: TestAcceptor | undefined;
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  const server = createServer({
    port: 4321,
    services,
    logger: { info: write, warn: write, error: write },
    acceptorFactory: (opts, receive) => {
      acceptor = new Kind(opts, receive);
      return acceptor;
    },
    ...options,
  });
  const events: unknown[][] = [];
  for (const event of ['start', 'connection', 'error', 'closed'] as const)
    server.on(event, (...args: unknown[]) => events.push([event, ...args]));
  return { server, lines, events, acceptor: () => acceptor as TestAcceptor };
}

async function started(t: TestContext, options: Partial<ServerOptions> = {}) {
  const parts = made(options);
  t.after(() => parts.server.stop(true));
  await parts.server.start();
  return { ...parts, acceptor: parts.acceptor() };
}

describe("an acceptor of the user's own", () => {
  it('is made when the server starts, with the loaded services, and listens on the port', async (t) => {
    const folder = folderOf(t, { 'n.js': 'exports.f = () => 1' });
    const options = { paths: [{ namespace: 'area', path: folder }], context: { name: 'app' }, pkgSize: 100 };
    const { acceptor, lines, events, server } = await started(t, options);
    assert.deepEqual(acceptor.heard, ['listen 4321']);
    const { port, context, pkgSize, services: given } = acceptor.opts;
    assert.deepEqual([port, context, pkgSize], [4321, { name: 'app' }, 100]);
    assert.deepEqual([Object.keys(given), Object.keys(given['area'] ?? {})], [['user', 'area'], ['n']]);
    assert.equal(given['user']?.['m'], services.user.m);
    assert.match(lines.join('\n'), /listens on a custom acceptor, port 4321/);
    assert.deepEqual([events, server.state, server.port], [[['start']], 'leader', 4321]);
  });

  it('may come from an object with create, as in pomelo-rpc', async (t) => {
    const acceptors: TestAcceptor[] = [];
    const factory = {
      prefix: 'made by ',
      create(opts: AcceptorOptions, receive: MessageCallback) {
        assert.equal(this.prefix, 'made by ');
        const acceptor = new TestAcceptor(opts, receive);
        acceptors.push(acceptor);
        return acceptor;
      },
    };
    await started(t, { acceptorFactory: factory });
    assert.deepEqual(await acceptors[0]?.ask('add', [1, 2]), [null, 3]);
  });

  it('has its requests answered as any others: by value, promise, callback, and on the service', async (t) => {
    const { acceptor } = await started(t);
    assert.deepEqual(await acceptor.ask('add', [1, 2]), [null, 3]);
    assert.deepEqual(await acceptor.ask('later', ['x']), [null, 'x']);
    assert.deepEqual(await acceptor.ask('self'), [null, true]);
    const [error] = await acceptor.ask('fail');
    assert.equal((error as Error).message, 'boom');

    const several = { user: { m: { several: (a: number, cb: (...args: unknown[]) => void) => cb(null, a, a + 1) } } };
    const second = await started(t, { services: several, callbacks: true });
    assert.deepEqual(await second.acceptor.ask('several', [1]), [null, 1, 2]);
  });

  it('is refused more than maxConcurrent and maxQueued allow, and served again when there is room', async (t) => {
    const { acceptor, lines } = await started(t, { maxConcurrent: 1, maxQueued: 0 });
    const hanging: RpcError[] = [];
    const ask = (method: string, answer?: (error: unknown) => void) =>
      acceptor.receive(null, { namespace: 'user', service: 'm', method, args: [] }, answer);
    const first = acceptor.ask('later', ['x']);
    ask('add', (error) => hanging.push(error as RpcError));
    assert.deepEqual(
      hanging.map(({ code, message }) => [code, message]),
      [[RpcCode.Overloaded, 'the server is full: calls running: 1 (maxConcurrent); calls queued: 0 (maxQueued)']],
    );
    ask('add');
    assert.match(
      lines.join('\n'),
      /dropped a one-way call of "user\.m\.add" from a caller: the server is full: calls running: 1 /,
    );
    assert.deepEqual(await first, [null, 'x']);
    assert.deepEqual(await acceptor.ask('add', [1, 2]), [null, 3]);
  });

  it('is answered with an error for what is not there, and for what is no request', async (t) => {
    const { acceptor } = await started(t);
    const code = (answer: readonly unknown[]) => (answer[0] as RpcError).code;
    assert.equal(code(await acceptor.ask('nope')), RpcCode.NoMethod);
    assert.equal(code(await acceptor.ask('add', [], 'nope')), RpcCode.NoMethod);
    assert.equal(code(await acceptor.ask('__defineGetter__', [], 'user', '__proto__')), RpcCode.NoMethod);
    assert.equal(code(await acceptor.ask(5 as never)), RpcCode.BadRequest);
    assert.equal(code(await acceptor.ask('add', 'ab' as never)), RpcCode.BadRequest);
    let answer: Answer;
    acceptor.receive(null, undefined as never, (...given) => {
      answer = given;
    });
    assert.equal(code(answer ?? []), RpcCode.BadRequest);
  });

  it('leaves its arguments as they are', async (t) => {
    const { acceptor } = await started(t, { callbacks: true });
    const args = [1, 2];
    const asked = acceptor.ask('add', args);
    assert.deepEqual(args, [1, 2]);
    void asked.catch(() => {});
  });

  const msg = { namespace: 'user', service: 'm', method: 'add', args: [1, 2] };
  const forms: Readonly<Record<string, (receive: (...passed: unknown[]) => void, cb: () => void) => void>> = {
    '(tracer, msg, answer)': (receive, cb) => receive({ isEnabled: false }, msg, cb),
    '(null, msg, answer)': (receive, cb) => receive(null, msg, cb),
    '(msg, answer)': (receive, cb) => receive(msg, cb),
  };
  for (const [form, call] of Object.entries(forms)) {
    it(`may pass ${form}`, async (t) => {
      const { acceptor } = await started(t);
      const answers: unknown[][] = [];
      call(acceptor.receive as never, (...answer: unknown[]) => void answers.push(answer));
      assert.deepEqual(answers, [[null, 3]]);
    });
  }

  it('may want no answer, in each form', async (t) => {
    let calls = 0;
    const counting = { user: { m: { add: () => (calls += 1) } } };
    const { acceptor, lines } = await started(t, { services: counting });
    const receive = acceptor.receive as (...passed: unknown[]) => void;
    receive(null, msg, null);
    receive(null, msg, undefined);
    receive(null, msg);
    receive({}, msg);
    receive(msg, null);
    receive(msg, undefined);
    receive(msg);
    assert.equal(calls, 7);
    assert.equal(lines.length, 1); // that it listens
  });

  it('that fails with an answer harms neither the service nor the process', async (t) => {
    const { acceptor, lines } = await started(t);
    const fails = () => {
      throw new Error('the peer is gone');
    };
    acceptor.receive(null, { ...msg }, fails);
    acceptor.receive(null, { ...msg, method: 'nope' }, fails);
    assert.equal(
      lines.filter((line) => /answer function of the custom acceptor threw: Error: the peer is gone/.test(line)).length,
      1, // a peer can cause such lines: at most one a second
    );
    assert.deepEqual(await acceptor.ask('add', [1, 2]), [null, 3]);
  });

  it('has its errors and connections told by the server', async (t) => {
    const { acceptor, events } = await started(t);
    const error = new Error('out of descriptors');
    acceptor.emit('error', error);
    acceptor.receive(error); // pomelo-rpc's, when told to listen twice
    acceptor.emit('connection', { id: 7, ip: '::ffff:10.0.0.1' });
    assert.deepEqual(events.slice(1), [
      ['error', error],
      ['error', error],
      ['connection', { id: '7', ip: '10.0.0.1', peer: '10.0.0.1' }],
    ]);
  });

  it('that closes by itself closes the server, and what is running is answered', async (t) => {
    const { acceptor, events, server } = await started(t);
    const hanging = acceptor.ask('hang');
    acceptor.emit('closed');
    assert.equal(((await hanging)[0] as RpcError).code, RpcCode.Stopping);
    assert.deepEqual([events.at(-1), server.state], [['closed'], 'closed']);
    await server.stop();
    assert.deepEqual(acceptor.heard, ['listen 4321']);
  });

  it('sees the services as they are after a reload', async (t) => {
    const folder = folderOf(t, { 'n.js': 'exports.f = () => 1' });
    const { acceptor, server } = await started(t, { paths: [{ namespace: 'area', path: folder }] });
    const before = acceptor.opts.services['area']?.['n'];
    writeFileSync(`${folder}/n.js`, 'exports.f = () => 2');
    await server.reloadRemotes();
    assert.notEqual(acceptor.opts.services['area']?.['n'], before);
    assert.deepEqual(await acceptor.ask('f', [], 'area', 'n'), [null, 2]);
  });
});

describe('stopping with an acceptor', () => {
  it('refuses what is new, answers what is running, and then closes it', async (t) => {
    let open = (_value: string) => {};
    const gate = { user: { m: { wait: () => new Promise((resolve) => (open = resolve)) } } };
    const { acceptor, server, events } = await started(t, { services: gate });
    const running = acceptor.ask('wait');
    const stopped = server.stop();
    const [refusal] = await acceptor.ask('wait');
    assert.equal((refusal as RpcError).code, RpcCode.Stopping);
    assert.deepEqual(acceptor.heard, ['listen 4321']);
    open('done');
    assert.deepEqual(await running, [null, 'done']);
    await stopped;
    assert.deepEqual([acceptor.heard.at(-1), events.at(-1)], ['close', ['closed']]);
  });

  it('waits no longer than drainTimeout', async (t) => {
    const { acceptor, server } = await started(t, { drainTimeout: 20 });
    const hanging = acceptor.ask('hang');
    await server.stop();
    assert.equal(((await hanging)[0] as RpcError).code, RpcCode.Stopping);
    assert.deepEqual(acceptor.heard.at(-1), 'close');
  });

  it('by force waits for nothing, also when it is draining already', async (t) => {
    const { acceptor, server } = await started(t);
    const hang = { namespace: 'user', service: 'm', method: 'hang', args: [] };
    acceptor.receive(hang, (error) => void acceptor.heard.push((error as RpcError).code));
    const draining = server.stop();
    await server.stop(true);
    await draining;
    assert.deepEqual(acceptor.heard, ['listen 4321', RpcCode.Stopping, 'close']);
  });

  it('waits for a close that takes time, and survives one that fails', async () => {
    let closed = false;
    class Slow extends TestAcceptor {
      override async close() {
        await new Promise((resolve) => setTimeout(resolve, 10));
        closed = true;
        throw new Error('it was closed already');
      }
    }
    const { server, lines } = made({}, Slow);
    await server.start();
    await server.stop();
    assert.equal(closed, true);
    assert.match(lines.at(-1) ?? '', /failed to close: Error: it was closed already/);
  });
});

describe('an acceptor that cannot listen', () => {
  const ways: Readonly<Record<string, (acceptor: TestAcceptor) => unknown>> = {
    throws: () => {
      throw new Error('taken');
    },
    rejects: async () => {
      throw new Error('taken');
    },
    'emits an error at once': (acceptor) => acceptor.emit('error', new Error('taken')),
    'emits an error before its promise settles': (acceptor) => {
      setImmediate(() => acceptor.emit('error', new Error('taken')));
      return new Promise(() => {});
    },
  };
  for (const [how, listen] of Object.entries(ways)) {
    it(`fails the start when it ${how}`, async () => {
      class Failing extends TestAcceptor {
        override listen() {
          return listen(this);
        }
      }
      const { server, acceptor } = made({}, Failing);
      await assert.rejects(server.start(), (error: RpcError) => {
        assert.equal(error.code, RpcCode.Listen);
        return /the custom acceptor cannot listen on port \d+: taken/.test(error.message);
      });
      assert.deepEqual([server.state, acceptor().heard], ['closed', ['close']]);
    });
  }

  it('is told from what is no acceptor at all', async () => {
    const { server } = made({ acceptorFactory: (() => ({ listen() {} })) as unknown as AcceptorFactory });
    await assert.rejects(server.start(), /acceptorFactory must give an acceptor with listen\(port\) and close\(\)/);
  });

  it('needs no events', async () => {
    const { server } = made({ acceptorFactory: () => ({ listen() {}, close() {} }) });
    await server.start();
    await server.stop();
    assert.equal(server.state, 'closed');
  });
});

/** A stock client in a process of its own, since it leaves timers behind. Prints what its two calls were answered. */
const STOCK_CLIENT = `
  const { log } = console;
  console.log = console.error = () => {};
  const router = (param, msg, context, cb) => cb(null, 's1');
  const client = require('pomelo-rpc').client.create({ context: {}, router });
  const msg = (method) => ({ namespace: 'user', serverType: 'test', service: 'm', method, args: [1, 2] });
  client.start(() => {
    client.addServers([{ id: 's1', serverType: 'test', host: '127.0.0.1', port: Number(process.argv[1]) }]);
    client.rpcInvoke('s1', msg('add'), (...added) => {
      client.rpcInvoke('s1', msg('nope'), (...failed) => {
        log(JSON.stringify([added, failed]));
        process.exit();
      });
    });
  });
`;

it('takes the acceptor of pomelo-rpc, and serves its client', async (t) => {
  const { log } = console;
  console.log = () => {}; // it tells of each connection there
  t.after(() => Object.assign(console, { log }));
  let acceptor: { server: { address(): AddressInfo | null } } | undefined;
  const add = (a: number, b: number, cb: (...args: unknown[]) => void) => cb(null, a + b, 'ok');
  const server = Server.create({
    port: 0,
    services: { user: { m: { add } } },
    logger: { info() {}, warn() {}, error() {} },
    acceptorFactory: {
      create(opts, receive) {
        acceptor = require('pomelo-rpc/lib/rpc-server/acceptors/mqtt-acceptor').create(opts, receive);
        return acceptor as unknown as Acceptor;
      },
    },
  });
  t.after(() => server.stop(true));
  await server.start();
  const { port } = await until(() => acceptor?.server.address(), { what: 'the acceptor to listen' });
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', STOCK_CLIENT, String(port)]);
  const [added, failed] = JSON.parse(stdout);
  assert.deepEqual(added, [null, 3, 'ok']);
  assert.match(JSON.stringify(failed), /no such method/);
});

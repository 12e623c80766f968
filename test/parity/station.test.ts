import assert from 'node:assert/strict';
import { RPC_ERROR, type TraceStep } from '../../index.js';
import { both, ourLab } from './support/lab.js';
import { row } from './support/row.js';

row(
  'client.01.pendingSize',
  'pendingSize: calls that may wait for one server, 10000',
  {
    is: 'same',
    ours: 'The same name and default; 0 is a value: nothing waits. It bounds the calls that wait for routers and filters too.',
  },
  async (t) => {
    const lab = ourLab(t);
    const servers = [{ id: 's1', serverType: 'test', port: await lab.port() }];
    for (const pendingSize of [0, 2]) {
      const client = await lab.client(servers, { pendingSize });
      const calls = Array.from({ length: 3 }, () =>
        client.proxies.user.test.service.whoami(null).catch((e: Error) => e),
      );
      const refused = await Promise.race(calls.slice(pendingSize));
      assert.equal(refused.code, 'ERR_RPC_PENDING_FULL');
      await client.stop(true);
      const codes = (await Promise.all(calls)).map(({ code }) => code);
      assert.equal(codes.filter((code) => code === 'ERR_RPC_CLOSED').length, pendingSize);
    }
    const client = await lab.client(servers, { pendingSize: 1 });
    client.before((_id: string, _msg: object, _opts: object, _next: () => void) => {}); // goes on with nothing
    const held = client.proxies.user.test.service.whoami(null).catch((e: { code: string }) => e.code);
    await assert.rejects(client.proxies.user.test.service.whoami(null), { code: 'ERR_RPC_PENDING_FULL' });
    await client.stop(true);
    assert.equal(await held, 'ERR_RPC_CLOSED');
  },
);

row(
  'client.01.clientId',
  'clientId: the name of this client in traces; the serverId of its context',
  { is: 'same', ours: 'The same; where both are given, clientId wins, and without either the process is named.' },
  async (t) => {
    const lab = ourLab(t);
    const sourceOf = async (options: object) => {
      const client = await lab.client([], { rpcDebugLog: true, rpcLogger: lab.quiet, ...options });
      const traced = new Promise<TraceStep>((resolve) => client.on('trace', resolve));
      await assert.rejects(client.proxies.user.test.service.whoami(null));
      return (await traced).source;
    };
    assert.equal(await sourceOf({}), 'caller');
    assert.equal(await sourceOf({ clientId: 'connector-1' }), 'connector-1');
    assert.equal(await sourceOf({ context: {} }), `process ${process.pid}`);
  },
);

row(
  'client.14',
  'The station emits addServer(id), removeServer(id), close(id)',
  {
    is: 'better',
    ours: 'The same, on the client: client.on(...); also replaceServer, and mailbox for every change of state.',
  },
  async (t) => {
    const found = await both(t, async (lab) => {
      const { info } = await lab.serve();
      const relay = await lab.relay(info);
      const client = await lab.client();
      const station = client._station ?? client;
      const heard: unknown[] = [];
      for (const event of ['addServer', 'removeServer', 'close'])
        station.on(event, (id: string) => heard.push(`${event} ${id}`));
      client.addServers([relay.info]);
      await lab.answer((cb) => client.proxies.user.test.service.whoami.toServer('s1', cb));
      client.removeServer('s1');
      return heard.filter((each) => each !== 'close s1');
    });
    assert.deepEqual(found.ours, ['addServer s1', 'removeServer s1']);
    assert.deepEqual(found.theirs, found.ours);

    const lab = ourLab(t);
    const relay = await lab.relay((await lab.serve()).info);
    const client = await lab.client([relay.info]);
    await client.proxies.user.test.service.whoami(null);
    const moves: string[] = [];
    client.on('mailbox', (id: string, to: string) => moves.push(`${id} ${to}`));
    client.on('replaceServer', (id: string, now: { weight: number }) => moves.push(`${id} ${now.weight}`));
    client.addServer({ ...relay.info, weight: 3 });
    const closed = new Promise((resolve) => client.on('close', resolve));
    relay.cut();
    assert.equal(await closed, 's1');
    assert.deepEqual(moves.slice(0, 2), ['s1 3', 's1 backoff']);
  },
);

row(
  'client.14.error',
  'The station emits error(code, tracer, serverId, msg, opts), with the codes 1 to 6',
  {
    is: 'better',
    ours: 'The same, on the client, with the error itself as the sixth argument; the numbers are exported as RPC_ERROR.',
  },
  async (t) => {
    const found = await both(t, async (lab) => {
      const client = await lab.client();
      const heard: unknown[] = [];
      (client._station ?? client).on('error', (...args: unknown[]) => {
        const [code, tracer, serverId, msg, opts] = args as [number, null, string, { method: string }, unknown];
        heard.push([code, tracer, serverId, msg.method, typeof opts]);
      });
      await lab.answer((cb) => client.proxies.user.test.service.whoami.toServer('nowhere', cb), 100);
      return heard;
    });
    assert.deepEqual(found.ours, [[RPC_ERROR.NO_TRAGET_SERVER, null, 'nowhere', 'whoami', 'object']]);
    assert.deepEqual(found.theirs, found.ours);
  },
);

row(
  'client.15',
  'Calls made while a connection is being made wait, at most pendingSize a server, and are sent in order when it stands',
  { is: 'better', ours: 'The same, each under its own deadline; also while it is being made again.' },
  async (t) => {
    const found = await both(t, async (lab) => {
      const { info } = await lab.serve();
      const client = await lab.client([info]);
      const { service } = client.proxies.user.test;
      await Promise.all([1, 2, 3, 4].map((n) => lab.answer((cb) => service.note(null, n, cb))));
      return lab.answer((cb) => service.notes(null, cb));
    });
    assert.deepEqual(found.ours, [null, [1, 2, 3, 4]]);
    assert.deepEqual(found.theirs, found.ours);
  },
);

row(
  'client.16',
  'mailboxFactory.create(server, opts) makes mailboxes: connect(tracer, cb), send(tracer, msg, opts, cb), close(), event close',
  {
    is: 'better',
    ours: 'The same, and those without the tracer, as the README of pomelo-rpc has them; also `mailBoxFactory`. Made again when lost.',
  },
  async (t) => {
    const found = await both(t, async (lab) => {
      const heard: unknown[] = [];
      const create = (server: { id: string }) => {
        heard.push(`create ${server.id}`);
        return {
          connect(tracer: unknown, cb: () => void) {
            heard.push(`connect ${tracer}`);
            setImmediate(cb);
          },
          send(
            tracer: unknown,
            msg: { service: string; method: string; args: unknown[] },
            opts: unknown,
            cb: (...args: unknown[]) => void,
          ) {
            heard.push(`send ${tracer} ${msg.service}.${msg.method} ${msg.args} ${typeof opts}`);
            setImmediate(() => cb(null, new Error('refused')));
          },
          close: () => void heard.push('close'),
          on: (event: string) => void heard.push(`on ${event}`),
        };
      };
      const servers = [{ id: 's1', serverType: 'test', host: '127.0.0.1', port: 1 }];
      const client = await lab.client(servers, { mailboxFactory: { create } });
      const answer = await lab.answer((cb) => client.proxies.user.test.service.echo.toServer('s1', 'x', cb));
      client.stop(true);
      return { heard: heard.sort(), answer: String(answer[0].error).replace(/^.*: /, '') };
    });
    assert.deepEqual(found.ours, {
      heard: ['close', 'connect null', 'create s1', 'on close', 'send null service.echo x object'],
      answer: 'refused',
    });
    assert.deepEqual(found.theirs, found.ours);

    const lab = ourLab(t);
    const plain = () => ({
      connect: (cb: () => void) => setImmediate(cb),
      send: (msg: { args: unknown[] }, _opts: object, cb: (error: null, ...results: unknown[]) => void) =>
        cb(null, ...msg.args),
      close() {},
      on() {},
    });
    for (const mailBoxFactory of [plain, { create: plain }]) {
      const client = await lab.client([{ id: 's1', serverType: 'test', port: 1 }], { mailBoxFactory });
      assert.equal(await client.proxies.user.test.service.echo(null, 'x'), 'x');
    }
  },
);

row(
  'client.16.options',
  'Mailbox options: bufferMsg false, interval 50 ms, timeout 30000 (tcp, ws2: 10000), keepalive 10000 ms',
  {
    is: 'same',
    ours: 'The same names and defaults, and `buffMsg`; timeout covers the whole call, and may be given for one call.',
  },
  async (t) => {
    const lab = ourLab(t);
    const { info } = await lab.serve({ bufferMsg: true, interval: 20 });
    for (const name of ['bufferMsg', 'buffMsg']) {
      const client = await lab.client([info], { [name]: true, interval: 40, keepalive: 5_000, timeout: 3_000 });
      const { service } = client.proxies.user.test;
      await service.whoami(null);
      const startedAt = performance.now();
      assert.deepEqual(await Promise.all([service.echo(null, 1), service.echo(null, 2)]), [1, 2]);
      assert.ok(performance.now() - startedAt >= 35, 'gathered for interval');
      assert.equal(
        await service.never
          .with({ timeout: 60 })(null)
          .catch((e: Error & { code: string }) => e.code),
        'ERR_RPC_TIMEOUT',
      );
    }
    assert.throws(() => lab.lib.client.create({ interval: '50' }), { code: 'ERR_RPC_INVALID_ARGUMENT' });
  },
);

row(
  'client.17',
  'Transports: mqtt (the default), mqtt2, tcp, ws (socket.io), ws2, blackhole, chosen by mailboxFactory and acceptorFactory',
  {
    is: 'retired',
    ours: "One wire format, cluster-client's, over `transport: 'tcp'` (the default) or `'ws'` in the server's options and entry. Both ends change together.",
  },
  async (t) => {
    const lab = ourLab(t);
    for (const transport of ['tcp', 'ws']) {
      const { info } = await lab.serve({ transport });
      const client = await lab.client([{ ...info, transport }]);
      assert.equal(await client.proxies.user.test.service.whoami(null), 'server');
    }
    for (const transport of ['mqtt', 'mqtt2', 'ws2'])
      assert.throws(() => lab.lib.server.create({ port: 0, transport }), {
        message: /transport must be one of tcp, tls, ws, wss/,
      });
  },
);

row(
  'client.18',
  'Keepalive: a ping every 10 s, and a server that answers none for twice that is dead (ws2: 30 s and 10 s)',
  {
    is: 'better',
    ours: '`keepalive`, 10000 ms, on both ends; anything that comes counts as life, and what was sent fails with the reason.',
  },
  async (t) => {
    const lab = ourLab(t);
    const relay = await lab.relay((await lab.serve()).info);
    const client = await lab.client([relay.info], { keepalive: 100 });
    const { service } = client.proxies.user.test;
    await service.whoami(null);
    relay.silence();
    const failure = await service.never(null, 1).catch((error: Error) => error);
    assert.equal(failure.code, 'ERR_RPC_CONNECTION_LOST');
    assert.equal(failure.cause.code, 'ERR_RPC_PEER_SILENT');

    const { server, info } = await lab.serve({ keepalive: 100 });
    const silent = await lab.relay(info);
    const caller = await lab.client([silent.info]);
    await caller.proxies.user.test.service.whoami(null);
    const gone = new Promise<{ code: string }>((resolve) => {
      server.on('disconnection', (_peer: object, reason: { code: string }) => resolve(reason));
    });
    silent.silence();
    assert.equal((await gone).code, 'ERR_RPC_PEER_SILENT');
  },
);

row(
  'client.19',
  'An attempt to connect may take 2000 ms; it is not an option',
  { is: 'better', ours: '`connectTimeout`, 3000 ms, registration included; then the next attempt begins.' },
  async (t) => {
    const lab = ourLab(t);
    const mute = await lab.rawServer();
    const client = await lab.client([mute.info], { connectTimeout: 30 });
    const failure = await client.proxies.user.test.service.whoami
      .with({ timeout: 150 })(null)
      .catch((e: Error) => e);
    assert.equal(failure.code, 'ERR_RPC_CONNECT');
    // Connecting takes a part of the time, and the registration has the rest.
    assert.match(failure.message, /no answer to the registration in (?:30|[12]?\d) ms|no connection to .* in 30 ms/);
    assert.ok(mute.sockets.size <= 1, 'attempts that failed are closed');
  },
);

row(
  'client.20',
  'With rpcDebugLog each call has a tracer: traceId, seqId, source, remote, written to rpcLogger as JSON with the arguments',
  {
    is: 'renamed',
    ours: 'The same options: a line for each step (made, sent, settled) to rpcLogger, and `trace` events with traceId, seq, source, remote; never the arguments. Mailboxes are given null for a tracer.',
  },
  async (t) => {
    const lab = ourLab(t);
    const { info } = await lab.serve();
    const lines: string[] = [];
    const steps: TraceStep[] = [];
    const client = await lab.client([info], {
      rpcDebugLog: true,
      rpcLogger: { ...lab.quiet, info: (line: string) => lines.push(line) },
    });
    client.on('trace', (step: TraceStep) => steps.push(step));
    await client.proxies.user.test.service.echo(null, 'secret');
    assert.deepEqual(
      steps.map(({ seq, step, source, remote, method }) => [seq, step, source, remote, method]),
      [
        [1, 'made', 'caller', undefined, 'user.service.echo'],
        [2, 'sent', 'caller', 's1', 'user.service.echo'],
        [3, 'settled', 'caller', 's1', 'user.service.echo'],
      ],
    );
    assert.equal(new Set(steps.map(({ traceId }) => traceId)).size, 1);
    assert.equal(lines.length, 3);
    assert.ok(!lines.join().includes('secret'));
  },
);

row(
  'client.22',
  'pinus: a frame is a varint length, a type byte and JSON; pkgSize bounds it, and is unlimited unless set',
  {
    is: 'retired',
    ours: "The frame is cluster-client's packet. `maxFrameBytes` bounds it on both ends, 4 MiB unless set; past it the call fails.",
  },
  async (t) => {
    const lab = ourLab(t);
    const { info } = await lab.serve({ maxFrameBytes: 20_000 });
    const client = await lab.client([info], { maxFrameBytes: 10_000 });
    const { service } = client.proxies.user.test;
    await assert.rejects(service.echo(null, 'x'.repeat(10_001)), {
      code: 'ERR_RPC_FRAME_TOO_LARGE',
      delivery: 'not-sent',
    });
    assert.equal(await service.echo(null, 'small'), 'small');
  },
);

row(
  'client.23',
  'The filters of pomelo and pinus applications: rpcLog (times calls in opts), toobusy (next(error) with code 500)',
  {
    is: 'same',
    ours: 'They run as they are; the error of toobusy is the cause of the ERR_RPC_FILTER that the caller gets.',
  },
  async (t) => {
    const found = await both(t, async (lab) => {
      const { info } = await lab.serve();
      const client = await lab.client([info]);
      const logged: unknown[] = [];
      type Next = (error?: Error) => void;
      type Timed = { __start_time__?: number };
      client.filter({
        name: 'rpcLog',
        before(_id: string, _msg: object, opts: Timed, next: Next) {
          opts.__start_time__ = Date.now();
          next();
        },
        after(id: string, msg: { service: string }, opts: Timed, next: Next) {
          logged.push([id, msg.service, typeof opts.__start_time__]);
          next();
        },
      });
      const { service } = client.proxies.user.test;
      const answer = await lab.answer((cb) => service.whoami.toServer('s1', cb));
      return { answer, logged };
    });
    assert.deepEqual(found.ours, { answer: [null, 'server'], logged: [['s1', 'service', 'number']] });
    assert.deepEqual(found.theirs, found.ours);

    const lab = ourLab(t);
    const client = await lab.client([(await lab.serve()).info]);
    client.before({
      before(_id: string, _msg: object, _opts: object, next: (error: Error) => void) {
        next(Object.assign(new Error('rpc-filter-toobusy'), { code: 500 }));
      },
    });
    const failure = await client.proxies.user.test.service.whoami(null).catch((error: Error) => error);
    assert.equal(failure.code, 'ERR_RPC_FILTER');
    assert.equal(failure.cause.code, 500);
  },
);

import assert from 'node:assert/strict';
import { createClient, RpcCode } from '../../index.js';
import { both, type Lab, ourLab } from './support/lab.js';
import { row } from './support/row.js';

row(
  'client.01.retry',
  'retryTimes 3, retryConnectTime 5000 ms: for failsafe, which no setting reaches',
  {
    is: 'better',
    ours: 'The same names and defaults, for failsafe, failover and failback, of a client or of one call. All within the deadline of the call.',
  },
  async (t) => {
    const lab = ourLab(t);
    const options = { failMode: 'failsafe', retryTimes: 3, retryConnectTime: 5_000 };
    const client = await lab.client([(await lab.serve()).info], options);
    assert.equal(await client.proxies.user.test.service.whoami(null), 'server');
    assert.equal(await client.proxies.user.test.service.whoami.with({ retryTimes: 0 })(null), 'server');
    assert.throws(() => lab.lib.client.create({ retryTimes: -1 }), { code: 'ERR_RPC_INVALID_ARGUMENT' });
  },
);

row(
  'client.07.nothing',
  'addProxies, addServers, removeServers and the like of nothing at all: nothing happens',
  { is: 'same', ours: 'The same with `Client.create`. With `createClient`: `ERR_RPC_INVALID_ARGUMENT`.' },
  async (t) => {
    const methods = ['addProxy', 'addProxies', 'addServer', 'addServers', 'removeServers', 'replaceServers'];
    const scenario = async (lab: Lab) => {
      const client = await lab.client();
      const of = (given: unknown) => (name: string) => {
        try {
          client[name](given);
          return 'nothing';
        } catch {
          return 'error';
        }
      };
      const names = ['addProxy', 'addProxies', 'addServer', 'addServers', 'removeServers', 'replaceServers'];
      return [names.map(of(undefined)), names.filter((name) => name.endsWith('s')).map(of([]))];
    };
    const found = await both(t, scenario);
    assert.deepEqual(found.theirs, [methods.map(() => 'nothing'), Array(4).fill('nothing')]);
    assert.deepEqual(found.ours, found.theirs);
    const client = createClient();
    const addProxies = client.addProxies.bind(client) as (records: unknown) => void;
    assert.throws(() => addProxies(undefined), { code: RpcCode.InvalidArgument });
  },
);

row(
  'client.07.ids',
  "Servers may have numbers for ids, and digits ('3333') for ports",
  {
    is: 'same',
    ours: 'Taken for their text, and for their number. Routers may answer with numbers, too.',
  },
  async (t) => {
    const lab = ourLab(t);
    const { info } = await lab.serve();
    const routed = await lab.client([{ ...info, id: 7, port: String(info.port) }], { router: () => 7 });
    assert.equal(await routed.proxies.user.test.service.whoami(null), 'server');
  },
);

row(
  'client.09.failed',
  'After filters run for every answer, that of a method that failed among them',
  { is: 'same', ours: 'They run for both; a call that got no answer passes them by.' },
  async (t) => {
    const found = await both(t, async (lab) => {
      const { info } = await lab.serve();
      const client = await lab.client([info]);
      const ran: string[] = [];
      client.after((_id: string, msg: { method: string }, _opts: object, next: () => void) => {
        ran.push(msg.method);
        next();
      });
      const { service } = client.proxies.user.test;
      await lab.answer((cb) => service.whoami.toServer('s1', cb));
      await lab.answer((cb) => service.fail.toServer('s1', 'x', cb));
      return ran;
    });
    assert.deepEqual(found, { ours: ['whoami', 'fail'], theirs: ['whoami', 'fail'] });
  },
);

row(
  'client.09.next',
  'A filter goes on when it calls next, however it declares its parameters',
  {
    is: 'better',
    ours: 'So it does; and one that has no `next` among its parameters goes on when it returns, or when its promise resolves.',
  },
  async (t) => {
    const found = await both(t, async (lab) => {
      const { info } = await lab.serve();
      const other = await lab.client([info]);
      const executed: unknown[] = [];
      const filters = [
        (_id: string, _msg: object, _opts: object, next: (e: Error) => void) =>
          setTimeout(next, 5, new Error('refused')),
        (_id: string, _msg: object, _opts: object = {}, next: (e: Error) => void = () => {}) =>
          setTimeout(next, 5, new Error('refused')),
        (...args: ((e: Error) => void)[]) => setTimeout(() => args[3]?.(new Error('refused')), 5),
      ];
      for (const [at, filter] of filters.entries()) {
        const client = await lab.client([info]);
        client.setErrorHandler(() => {});
        client.before(filter);
        await lab.answer((cb) => client.proxies.user.test.service.note.toServer('s1', at, cb), 150);
      }
      executed.push(...(await lab.answer((cb) => other.proxies.user.test.service.notes.toServer('s1', cb)))[1]);
      return executed;
    });
    assert.deepEqual(found, { ours: [], theirs: [] });
  },
);

row(
  'client.12.modes',
  'failMode failover, failsafe, failback: see the faults 2 to 6',
  {
    is: 'better',
    ours: 'All four do what they are named for, of a client or of one call; what may have run is repeated only where the call says idempotent. docs/failure.md has what each does when.',
  },
  async (t) => {
    const lab = ourLab(t);
    const servers = [{ id: 's1', serverType: 'test', port: await lab.port() }, (await lab.serve({ id: 's2' })).info];
    const client = await lab.client(servers, { router: () => 's1' });
    const { whoami } = client.proxies.user.test.service;
    assert.equal(await whoami.with({ failMode: 'failover' })(null), 's2');
    assert.equal((await whoami.with({ failMode: 'failback' })(null)).accepted, true);
    const safely = whoami.with({ failMode: 'failsafe', retryConnectTime: 10 })(null);
    await lab.serve({ id: 's1', port: servers[0]?.port });
    assert.equal(await safely, 's1');
  },
);

row(
  'client.14.views',
  "The station's tables (servers, serversMap, onlines, mailboxes, connecting, pendings) can be looked into",
  {
    is: 'renamed',
    ours: 'client.servers, client.onlines, getServersByType(type) and client.mailboxes (the state of each): copies, for looking only.',
  },
  async (t) => {
    const lab = ourLab(t);
    const { info } = await lab.serve();
    const client = await lab.client([info]);
    const states: string[] = [];
    client.on('mailbox', (_id: string, to: string) => states.push(to));
    assert.deepEqual(client.getServersByType('test'), [info]);
    await client.proxies.user.test.service.whoami(null);
    assert.deepEqual(states, ['connecting', 'ready']);
    const { id } = info;
    assert.deepEqual(
      [client.servers, client.onlines, client.mailboxes],
      [{ [id]: info }, { [id]: 1 }, { [id]: 'ready' }],
    );
  },
);

row(
  'client.16.results',
  "A mailbox answers cb(tracer, error, resp), resp being what the method's callback was given: [error, ...results]",
  {
    is: 'same',
    ours: 'The same; and cb(error, ...results) where send takes no tracer.',
  },
  async (t) => {
    const found = await both(t, async (lab) => {
      const create = () => ({
        connect: (_: unknown, cb: () => void) => setImmediate(cb),
        send: (_t: unknown, _m: unknown, _o: unknown, cb: (...args: unknown[]) => void) =>
          cb(null, null, [null, 'a', 'b']),
        close() {},
        on() {},
      });
      const servers = [{ id: 's1', serverType: 'test', host: '127.0.0.1', port: 1 }];
      const client = await lab.client(servers, { mailboxFactory: { create } });
      return lab.answer((cb) => client.proxies.user.test.service.whoami.toServer('s1', cb));
    });
    assert.deepEqual(found, { ours: [null, 'a', 'b'], theirs: [null, 'a', 'b'] });
  },
);

row(
  'client.16.opts',
  "mailboxFactory.create(server, opts): the client's own options, `context` among them",
  { is: 'same', ours: 'The same, with the defaults of mailboxes filled in.' },
  async (t) => {
    const found = await both(t, async (lab) => {
      const seen: unknown[] = [];
      const create = (_server: object, opts: { context?: { serverId: string }; mine?: number }) => {
        seen.push(opts.context?.serverId, opts.mine);
        return { connect: (_: unknown, cb: () => void) => setImmediate(cb), send() {}, close() {}, on() {} };
      };
      const servers = [{ id: 's1', serverType: 'test', host: '127.0.0.1', port: 1 }];
      const client = await lab.client(servers, { mailboxFactory: { create }, mine: 7, timeout: 50 });
      await lab.answer((cb) => client.proxies.user.test.service.whoami.toServer('s1', cb), 50);
      return seen;
    });
    assert.deepEqual(found, { ours: ['caller', 7], theirs: ['caller', 7] });
  },
);

row(
  'server.02.this',
  'Modules are loaded anew for each server and each client: what a file keeps outside its factory is not shared',
  {
    is: 'retired',
    ours: 'A file is loaded once a process, as Node.js does; factories are called each time. State belongs into the factory.',
  },
  async (t) => {
    const found = await both(t, async (lab) => {
      const path = `${lab.fixtures}/remote/state`;
      const { info } = await lab.serve({ paths: [{ namespace: 'user', path }] });
      const client = await lab.client([info]);
      client.addProxies([{ namespace: 'user', serverType: 'test', path }]);
      return (await lab.answer((cb) => client.proxies.user.test.loads.count.toServer('s1', cb)))[1];
    });
    assert.deepEqual(found, { ours: 2, theirs: 1 });
  },
);

row(
  'server.02.truthy',
  'Whatever a method gives its callback first reaches the caller first: cb({ code: 403 }), and cb(users) as well',
  {
    is: 'same',
    ours: 'The same for callers of `Client.create`, but for Errors and error-like objects (with a message, and a name, code or stack). Other callers, and promises, get `ERR_RPC_REMOTE`, which shows the value and names the mistake.',
  },
  async (t) => {
    const values = [
      { code: 403 },
      ['ada', 'bob'],
      [],
      'full',
      200,
      true,
      { msg: 'full' },
      { message: 'hello' },
      0,
      false,
      '',
    ];
    const found = await both(t, async (lab) => {
      const { info } = await lab.serve();
      const client = await lab.client([info]);
      const { service } = client.proxies.user.test;
      const given = [
        { code: 403 },
        ['ada', 'bob'],
        [],
        'full',
        200,
        true,
        { msg: 'full' },
        { message: 'hello' },
        0,
        false,
        '',
      ];
      const got: unknown[] = [];
      for (const value of given)
        got.push(await lab.answer((callback) => service.failWith.toServer('s1', value, callback)));
      return got;
    });
    assert.deepEqual(
      found.theirs,
      values.map((value) => [value]),
    );
    assert.deepEqual(found.ours, found.theirs);
  },
);

row(
  'server.02.values',
  'Arguments and results are JSON: a Date arrives as a string, a Buffer as an object, a function not at all',
  {
    is: 'better',
    ours: 'Dates, Buffers, Maps, Sets and bigints arrive as what they are; a function is ERR_RPC_ENCODE, before it is sent.',
  },
  async (t) => {
    const found = await both(t, async (lab) => {
      const { info } = await lab.serve();
      const client = await lab.client([info]);
      const { service } = client.proxies.user.test;
      const echo = async (value: unknown) => (await lab.answer((cb) => service.echo.toServer('s1', value, cb)))[1];
      const [date, bytes, map] = [await echo(new Date(0)), await echo(Buffer.from('x')), await echo(new Map([[1, 2]]))];
      return [date instanceof Date, Buffer.isBuffer(bytes), map instanceof Map];
    });
    assert.deepEqual(found, { ours: [true, true, true], theirs: [false, false, false] });
    const lab = ourLab(t);
    const client = await lab.client([(await lab.serve()).info]);
    await assert.rejects(client.proxies.user.test.service.echo(null, { fn() {} }), { code: 'ERR_RPC_ENCODE' });
  },
);

row(
  'server.03.inherited',
  'Whatever a lookup finds can be called, what all objects inherit included: a caller can change the process (1.0.7; not run here)',
  {
    is: 'retired',
    ours: 'Only functions of the loaded modules and of their own classes; the rest is ERR_RPC_NO_METHOD.',
  },
  async (t) => {
    const lab = ourLab(t);
    const { info } = await lab.serve({ paths: [{ namespace: 'user', path: `${lab.fixtures}/remote/classes` }] });
    const client = await lab.client([info]);
    for (const method of ['constructor', '_hidden', 'toString', 'hasOwnProperty']) {
      const msg = { namespace: 'user', serverType: 'test', service: 'child', method, args: [] };
      await assert.rejects(client.rpcInvoke('s1', msg), { code: 'ERR_RPC_NO_METHOD' }, method);
    }
  },
);

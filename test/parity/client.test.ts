import assert from 'node:assert/strict';
import { both, type Lab, ourLab } from './support/lab.js';
import { row } from './support/row.js';

row(
  'client.01.context',
  'Client.create({ context }): handed to the factories of remote modules when proxies are made',
  { is: 'same', ours: 'The same. A record without `path` needs no module and no context.' },
  async (t) => {
    const found = await both(t, async (lab) => {
      const context = { serverId: 'c1', loaded: 0 };
      await lab.client([], { context });
      return context.loaded;
    });
    assert.deepEqual(found, { ours: 1, theirs: 1 });
  },
);

row(
  'client.01.routeContext',
  'routeContext: the third argument of a router function',
  { is: 'better', ours: 'The same; the client itself, which has `getServersByType`, where none is given.' },
  async (t) => {
    const found = await both(t, async (lab) => {
      const seen: unknown[] = [];
      const routeContext = { mine: true };
      const router = (...args: unknown[]) => {
        seen.push(args[0], args[2] === routeContext);
        (args[3] as (error: Error) => void)(new Error('enough'));
      };
      const client = await lab.client([], {
        routeContext,
        router: (a: unknown, b: unknown, c: unknown, d: unknown) => router(a, b, c, d),
      });
      await lab.answer((cb) => client.proxies.user.test.service.whoami('param', cb));
      return seen;
    });
    assert.deepEqual(found, { ours: ['param', true], theirs: ['param', true] });
    const lab = ourLab(t);
    let given: unknown;
    const client = lab.lib.client.create({
      router: (_param: unknown, _msg: unknown, context: unknown) => {
        given = context;
      },
    });
    client.addProxies([{ namespace: 'user', serverType: 'test' }]);
    await client.start();
    await assert.rejects(client.proxies.user.test.service.whoami(null), { code: 'ERR_RPC_ROUTE' });
    assert.equal(given, client);
    await client.stop();
  },
);

row(
  'client.01.router',
  'router: a function (routeParam, msg, routeContext, cb), or an object with `route`, called on that object',
  { is: 'better', ours: 'The same; it may also return the id, or a promise of it.' },
  async (t) => {
    const scenario = async (lab: Lab) => {
      const { info } = await lab.serve();
      const messages: unknown[] = [];
      const asFunction = (_param: unknown, msg: object, _context: unknown, cb: (e: null, id: string) => void) => {
        messages.push({ ...msg });
        cb(null, 's1');
      };
      const asObject = {
        target: 's1',
        route(_param: unknown, _msg: unknown, _context: unknown, cb: (e: null, id: string) => void) {
          cb(null, this.target);
        },
      };
      const results = [];
      for (const router of [asFunction, asObject]) {
        const client = await lab.client([info], { router });
        results.push(await lab.answer((cb) => client.proxies.user.test.service.echo(null, 'x', cb)));
      }
      return { messages, results };
    };
    const found = await both(t, scenario);
    assert.deepEqual(found.ours, found.theirs);
    assert.deepEqual(found.ours.results, [
      [null, 'x'],
      [null, 'x'],
    ]);
    assert.deepEqual(found.ours.messages, [
      { namespace: 'user', serverType: 'test', service: 'service', method: 'echo', args: ['x'] },
    ]);

    const lab = ourLab(t);
    const { info } = await lab.serve();
    for (const router of [() => 's1', async () => 's1']) {
      const client = await lab.client([info], { router });
      assert.equal(await client.proxies.user.test.service.echo(null, 'x'), 'x');
    }
  },
);

row(
  'client.02',
  'States INITED 1, STARTED 2, CLOSED 3; a second start answers Error("rpc client has started.")',
  {
    is: 'renamed',
    ours: '`client.state` is idle, started, draining or closed; a second start fails with `ERR_RPC_CLOSED`.',
  },
  async (t) => {
    const scenario = async (lab: Lab) => {
      const client = lab.lib.client.create({ context: {} });
      const states = [client.state];
      const first = await lab.answer((cb) => client.start(cb));
      states.push(client.state);
      const again = await lab.answer((cb) => void client.start(cb)?.catch(() => {}));
      client.stop(true);
      states.push(client.state);
      return { states, first, failed: again[0].error !== undefined };
    };
    const found = await both(t, scenario);
    assert.deepEqual(found.theirs, { states: [1, 2, 3], first: [], failed: true });
    assert.deepEqual(found.ours, { states: ['idle', 'started', 'closed'], first: [null], failed: true });
  },
);

row(
  'client.03',
  'start(cb) connects nothing; stop(force): without force the mailboxes close after a grace of 3000 ms',
  {
    is: 'better',
    ours: 'The same, and both give promises. stop() waits for answers up to `drainTimeout` (3000 ms) and no longer than there are any.',
  },
  async (t) => {
    const scenario = async (lab: Lab) => {
      const { info } = await lab.serve();
      const relay = await lab.relay(info);
      const client = await lab.client([relay.info], { routerType: 'rr' });
      const { service } = client.proxies.user.test;
      const before = relay.connections();
      await lab.answer((cb) => service.echo(null, 1, cb));
      const after = relay.connections();
      const late = lab.answer((cb) => service.later(null, 60, 'in time', cb));
      client.stop(false);
      return { before, after, late: await late };
    };
    const found = await both(t, scenario);
    assert.deepEqual(found.ours, { before: 0, after: 1, late: [null, 'in time'] });
    assert.deepEqual(found.theirs, found.ours);

    const lab = ourLab(t);
    const client = await lab.client([(await lab.serve()).info], { drainTimeout: 60_000 });
    const late = client.proxies.user.test.service.later(null, 30, 'in time');
    await client.stop(); // long before the minute is over
    assert.equal(await late, 'in time');
  },
);

row(
  'client.04',
  'addProxy, addProxies({ namespace, serverType, path }) -> proxies[namespace][serverType][module][method]; merged when added again',
  {
    is: 'better',
    ours: 'The same; without `path` they are made on demand.',
  },
  async (t) => {
    const found = await both(t, async (lab) => {
      const client = await lab.client();
      client.addProxy({ namespace: 'user', serverType: 'test', path: `${lab.fixtures}/remote/more` });
      client.addProxies([{ namespace: 'sys', serverType: 'area', path: `${lab.fixtures}/remote/more` }]);
      const tree: Record<string, unknown> = {};
      for (const namespace of Object.keys(client.proxies).sort()) {
        for (const type of Object.keys(client.proxies[namespace]).sort()) {
          for (const [module, methods] of Object.entries<object>(client.proxies[namespace][type]))
            tree[`${namespace}.${type}.${module}`] = Object.keys(methods).sort();
        }
      }
      return tree;
    });
    assert.deepEqual(found.ours, found.theirs);
    assert.deepEqual(Object.keys(found.ours), ['sys.area.extra', 'user.test.service', 'user.test.extra']);
  },
);

row(
  'client.04.classes',
  'Proxies are made of enumerable functions: of _private ones, and not of methods written in a class',
  { is: 'better', ours: 'Of methods of classes and of their parents; of no name that begins with _.' },
  async (t) => {
    const found = await both(t, async (lab) => {
      const client = await lab.client();
      client.addProxy({ namespace: 'classes', serverType: 'test', path: `${lab.fixtures}/remote/classes` });
      return Object.keys(client.proxies.classes.test.child);
    });
    assert.deepEqual(found, { ours: ['own', 'inherited'], theirs: ['_hidden'] });
  },
);

row(
  'client.05',
  'A proxy is called as (routeParam, ...args, cb), and .toServer(id, ...args, cb)',
  {
    is: 'better',
    ours: 'The same; without a callback it gives a promise. cb(error) has an Error with name, message, code.',
  },
  async (t) => {
    const found = await both(t, async (lab) => {
      const { info } = await lab.serve();
      const client = await lab.client([info]);
      const { service } = client.proxies.user.test;
      return [
        await lab.answer((cb) => service.echo({ uid: 7 }, { deep: [1, 'two', null] }, cb)),
        await lab.answer((cb) => service.all(null, 1, 2, 3, cb)),
        await lab.answer((cb) => service.all.toServer('s1', 1, 2, 3, cb)),
        await lab.answer((cb) => service.whoami(null, cb)),
      ];
    });
    assert.deepEqual(found.ours, found.theirs);
    assert.deepEqual(found.ours, [
      [null, { deep: [1, 'two', null] }],
      [null, 1, 2, 3],
      [null, 1, 2, 3],
      [null, 'server'],
    ]);
  },
);

row(
  'client.05.star',
  ".toServer('*', ...args, cb) calls every server of the type; cb(error), and the results are thrown away",
  { is: 'better', ours: "cb(first error or null, every server's outcome), or a promise of the outcomes." },
  async (t) => {
    const scenario = async (lab: Lab) => {
      const servers = [(await lab.serve({ id: 's1' })).info, (await lab.serve({ id: 's2' })).info];
      const client = await lab.client(servers);
      return lab.answer((cb) => client.proxies.user.test.service.whoami.toServer('*', cb));
    };
    const found = await both(t, scenario);
    assert.ok(found.theirs.length <= 1 && !found.theirs[0]);
    assert.deepEqual(found.ours, [
      null,
      [
        { serverId: 's1', status: 'fulfilled', value: 's1' },
        { serverId: 's2', status: 'fulfilled', value: 's2' },
      ],
    ]);
  },
);

row(
  'client.06',
  'pinus: a promise; .route(param, notify?)(...), .to(id, notify?)(...), .broadcast(...), .defaultRoute(...)',
  { is: 'better', ours: 'The same forms; .broadcast tells every outcome, and does not fail whole.' },
  async (t) => {
    const lab = ourLab(t);
    const { info } = await lab.serve();
    const client = await lab.client([info]);
    const { service } = client.proxies.user.test;
    assert.equal(await service.echo({ uid: 1 }, 'promise'), 'promise');
    assert.equal(await service.echo.route({ uid: 1 })('route'), 'route');
    assert.equal(await service.echo.to('s1')('to'), 'to');
    assert.equal(await service.echo.defaultRoute('default'), 'default');
    assert.deepEqual(await service.echo.broadcast('all'), [{ serverId: 's1', status: 'fulfilled', value: 'all' }]);
  },
);

row(
  'client.06.dynamicUserProxy',
  'pinus: dynamicUserProxy makes proxies from any name, without loading files; containParentMethod includes inherited methods',
  {
    is: 'renamed',
    ours: 'A record without `path` makes its proxies on demand; methods of parent classes are always included.',
  },
  async (t) => {
    const lab = ourLab(t);
    const path = `${lab.fixtures}/remote/classes`;
    const { info } = await lab.serve({ paths: [{ namespace: 'user', path }] });
    const onDemand = await lab.client([info]);
    onDemand.addProxies([{ namespace: 'user', serverType: 'test' }]);
    assert.equal(await onDemand.proxies.user.test.child.inherited(null), 'inherited');
    const fromFiles = await lab.client([info]);
    fromFiles.addProxies([{ namespace: 'user', serverType: 'test', path }]);
    assert.deepEqual(Object.keys(fromFiles.proxies.user.test.child), ['own', 'inherited']);
    assert.equal(await fromFiles.proxies.user.test.child.inherited(null), 'inherited');
  },
);

row(
  'client.07',
  'addServer(s), removeServer(s), replaceServers, at any time; { id, serverType, host, port, weight? }',
  {
    is: 'better',
    ours: 'The same; an entry is checked, and what it replaces or strands is settled at once. Calls to an entry without a port fail at once, and say why.',
  },
  async (t) => {
    const found = await both(t, async (lab) => {
      const first = (await lab.serve({ id: 's1' })).info;
      const second = (await lab.serve({ id: 's2' })).info;
      const client = await lab.client([first], { routerType: 'rr' });
      const whoami = () => lab.answer((cb) => client.proxies.user.test.service.whoami(null, cb));
      const seen = [await whoami()];
      client.addServer(second);
      seen.push(await whoami(), await whoami());
      client.replaceServers([second]);
      seen.push(await whoami(), await whoami());
      return seen.map(([, id]) => id).sort();
    });
    assert.deepEqual(found.ours, ['s1', 's1', 's2', 's2', 's2']);
    assert.deepEqual(found.theirs, found.ours);

    const lab = ourLab(t);
    const client = await lab.client();
    client.addServers([
      { id: 'a', serverType: 'test', port: 1 },
      { id: 'b', serverType: 'test', port: 2, weight: 3 },
    ]);
    client.removeServers(['a', 'never there']);
    assert.deepEqual(
      client.getServersByType('test').map(({ id }: { id: string }) => id),
      ['b'],
    );
    assert.throws(() => client.addServer({ id: 'c', serverType: 'test', port: 0 }), {
      code: 'ERR_RPC_INVALID_ARGUMENT',
    });
    client.addServer({ id: 'c', serverType: 'test' });
    const [error] = await lab.answer((cb) =>
      client.rpcInvoke('c', { namespace: 'n', service: 's', method: 'm', args: [] }, cb),
    );
    assert.equal(error.code, 'ERR_RPC_NO_SERVER');
  },
);

row(
  'client.08',
  'rpcInvoke(serverId, { namespace, serverType, service, method, args }, cb)',
  { is: 'better', ours: 'The same; without cb a promise of the first result.' },
  async (t) => {
    const found = await both(t, async (lab) => {
      const { info } = await lab.serve();
      const client = await lab.client([info]);
      const msg = { namespace: 'user', serverType: 'test', service: 'service', method: 'all', args: [1, 2, 3] };
      const before = lab.lib.client.create({ context: {} });
      return [
        await lab.answer((cb) => client.rpcInvoke('s1', msg, cb)),
        (await lab.answer((cb) => before.rpcInvoke('s1', { ...msg, args: [] }, cb)))[0].error !== undefined,
      ];
    });
    assert.deepEqual(found.ours, [[null, 1, 2, 3], true]);
    assert.deepEqual(found.theirs, found.ours);
  },
);

row(
  'client.13',
  'Error codes 1 SERVER_NOT_STARTED, 2 NO_TRAGET_SERVER, 3 FAIL_CONNECT_SERVER, 4 FAIL_FIND_MAILBOX, 5 FAIL_SEND_MESSAGE (timeouts too), 6 FILTER_ERROR',
  {
    is: 'renamed',
    ours: 'error.code: 1 ERR_RPC_NOT_STARTED or _CLOSED, 2 _NO_SERVER, 3 _CONNECT, 4 _SERVER_REMOVED, 5 _CONNECTION_LOST, _TIMEOUT, _ENCODE ..., 6 _FILTER.',
  },
  async (t) => {
    const lab = ourLab(t);
    const { info } = await lab.serve();
    const nobody = { ...info, id: 'nobody', port: await lab.port() };
    const idle = lab.lib.client.create();
    idle.addProxies([{ namespace: 'user', serverType: 'test' }]);
    await assert.rejects(idle.proxies.user.test.service.whoami(null), { code: 'ERR_RPC_NOT_STARTED' });

    const client = await lab.client([info, nobody]);
    const { service } = client.proxies.user.test;
    await assert.rejects(service.whoami.toServer('unknown'), { code: 'ERR_RPC_NO_SERVER' });
    await assert.rejects(service.whoami.with({ timeout: 60 }).toServer('nobody'), { code: 'ERR_RPC_CONNECT' });
    const stranded = service.whoami.toServer('nobody');
    client.removeServer('nobody');
    await assert.rejects(stranded, { code: 'ERR_RPC_SERVER_REMOVED' });
    await assert.rejects(service.never.with({ timeout: 30 })(null, 1), { code: 'ERR_RPC_TIMEOUT' });
    await assert.rejects(service.echo(null, Symbol('x')), { code: 'ERR_RPC_ENCODE' });
    client.before((_id: string, _msg: object, _opts: object, next: (e: Error) => void) => next(new Error('no')));
    await assert.rejects(service.whoami(null), { code: 'ERR_RPC_FILTER' });
    await client.stop();
    await assert.rejects(service.whoami(null), { code: 'ERR_RPC_CLOSED' });
  },
);

row(
  'client.21',
  'pinus: notify sends without wanting an answer, and the server answers none (tcp only)',
  {
    is: 'better',
    ours: '.oneway(param, ...), .route(param, true), .to(id, true): the promise tells that it was sent. On every transport.',
  },
  async (t) => {
    const lab = ourLab(t);
    for (const transport of ['tcp', 'ws']) {
      const { info } = await lab.serve({ transport });
      const client = await lab.client([{ ...info, transport }]);
      const { service } = client.proxies.user.test;
      assert.equal(await service.note.oneway(null, 1), undefined);
      assert.equal(await service.note.route(null, true)(2), undefined);
      assert.equal(await service.note.to('s1', true)(3), undefined);
      assert.deepEqual(await service.notes(null), [1, 2, 3]);
    }
  },
);

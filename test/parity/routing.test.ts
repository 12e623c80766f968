import assert from 'node:assert/strict';
import { both, type Lab, ourLab, ours, theirs } from './support/lab.js';
import { row } from './support/row.js';

function counts(ids: readonly string[]): Record<string, number> {
  const found: Record<string, number> = {};
  for (const id of ids) found[id] = (found[id] ?? 0) + 1;
  return found;
}

row(
  'client.09',
  'Filters before and after (a function, an object, a list); filter() is both; next(target, msg, opts) re-targets and rewrites',
  {
    is: 'better',
    ours: 'The same; one that does not declare `next` goes on when it returns, or its promise resolves.',
  },
  async (t) => {
    const scenario = async (lab: Lab) => {
      const servers = [(await lab.serve({ id: 's1' })).info, (await lab.serve({ id: 's2' })).info];
      const client = await lab.client(servers, { routerType: 'rr' });
      const { service } = client.proxies.user.test;
      // Connected first: pomelo-rpc re-targets only to servers that are.
      for (const id of ['s1', 's2']) await lab.answer((cb) => service.whoami.toServer(id, cb));
      const order: string[] = [];
      type Next = (target?: unknown, msg?: unknown, opts?: unknown) => void;
      client.before((id: string, _msg: object, _opts: object, next: Next) => {
        order.push(`1 ${id}`);
        next('s2');
      });
      client.before([
        {
          before: (id: string, msg: { args: unknown[] }, opts: object, next: Next) => {
            order.push(`2 ${id}`);
            next(id, { ...msg, args: ['rewritten'] }, opts);
          },
        },
      ]);
      const note = (step: number) => (id: string, _msg: object, _opts: object, next: Next) => {
        order.push(`${step} ${id}`);
        next();
      };
      client.filter({ before: note(3), after: note(4) });
      client.after(note(5));
      const answer = await lab.answer((cb) => service.echo.toServer('s1', 'x', cb));
      return { order, answer };
    };
    const found = await both(t, scenario);
    assert.deepEqual(found.ours.order, ['1 s1', '2 s2', '3 s2', '4 s2', '5 s2']);
    assert.deepEqual(found.ours.answer, [null, 'rewritten']);
    assert.deepEqual(found.theirs, found.ours);
  },
);

row(
  'client.09.abort',
  'A before filter aborts with next(error); setErrorHandler((error, serverId, msg, opts) => ...) is told of it',
  {
    is: 'better',
    ours: 'The same, and the caller is told too: ERR_RPC_FILTER, whose cause is the error of the filter.',
  },
  async (t) => {
    const scenario = async (lab: Lab) => {
      const { info } = await lab.serve();
      const client = await lab.client([info]);
      const { service } = client.proxies.user.test;
      await lab.answer((cb) => service.echo(null, 1, cb));
      const told: unknown[] = [];
      client.setErrorHandler((error: Error, id: string, msg: { method: string }, opts: unknown) =>
        told.push(error instanceof Error, id, msg.method, typeof opts),
      );
      client.before((_id: string, _msg: object, _opts: object, next: (e: Error) => void) =>
        next(new Error('too busy')),
      );
      const answer = await lab.answer((cb) => service.echo(null, 2, cb), 200);
      return { told, answered: answer !== 'no answer' };
    };
    const found = await both(t, scenario);
    const told = [true, 's1', 'echo', 'object'];
    assert.deepEqual(found, { ours: { told, answered: true }, theirs: { told, answered: false } });
  },
);

row(
  'client.10.df',
  'Without a router: crc32 of session.uid, modulo the number of servers',
  { is: 'same', ours: 'The same servers for the same uids and the same list; also by name: `df`.' },
  async (t) => {
    const found = await both(t, (lab) =>
      lab.targets(
        {},
        Array.from({ length: 200 }, (_, at) => [at === 0 ? null : { uid: at % 3 ? `user ${at}` : at }]),
      ),
    );
    assert.equal(Object.keys(counts(found.ours)).length, 3);
    assert.deepEqual(found.ours, found.theirs);
  },
);

row(
  'client.10.rr',
  "routerType 'rr': the servers in turn",
  { is: 'same', ours: 'The same; also `router` and `client.route(type, ...)` take the names, for one server type.' },
  async (t) => {
    const found = await both(t, (lab) =>
      lab.targets(
        { routerType: 'rr' },
        Array.from({ length: 7 }, () => [null]),
      ),
    );
    assert.deepEqual(found.ours, ['s1', 's2', 's3', 's1', 's2', 's3', 's1']);
    assert.deepEqual(found.theirs, found.ours);

    const lab = ourLab(t);
    const servers = [(await lab.serve({ id: 's1' })).info, (await lab.serve({ id: 's2' })).info];
    for (const router of [undefined, 'rr']) {
      const client = await lab.client(servers, { router });
      if (router === undefined) client.route('test', 'rr');
      const { whoami } = client.proxies.user.test.service;
      assert.deepEqual([await whoami(null), await whoami(null), await whoami(null)], ['s1', 's2', 's1']);
    }
  },
);

row(
  'client.10.wrr',
  "routerType 'wrr': in turn, by weight",
  { is: 'better', ours: 'The same shares, spread evenly rather than in runs; a missing weight is 1, not an error.' },
  async (t) => {
    const found = await both(t, (lab) =>
      lab.targets(
        { routerType: 'wrr' },
        Array.from({ length: 60 }, () => [null]),
      ),
    );
    assert.deepEqual(counts(found.ours), { s1: 10, s2: 20, s3: 30 });
    const unweighted = await ours(t, (lab) =>
      lab.targets(
        { routerType: 'wrr' },
        Array.from({ length: 6 }, () => [null]),
        2,
        () => undefined,
      ),
    );
    assert.deepEqual(counts(unweighted), { s1: 3, s2: 3 });
    assert.deepEqual(counts(found.theirs), counts(found.ours));
  },
);

row(
  'client.10.la',
  "routerType 'la': the least active server",
  { is: 'better', ours: 'By calls in flight; there by all calls ever made.' },
  async (t) => {
    const lab = ourLab(t);
    const servers = [(await lab.serve({ id: 's1' })).info, (await lab.serve({ id: 's2' })).info];
    const client = await lab.client(servers, { routerType: 'la' });
    const { service } = client.proxies.user.test;
    const busy = service.later.toServer('s1', 600, 'slow');
    const free = await Promise.all(Array.from({ length: 1 }, () => service.whoami(null)));
    assert.deepEqual(free, ['s2']);
    assert.equal(await service.whoami(null), 's2', 'counted down when answered');
    await busy;
  },
);

row(
  'client.10.other',
  'routerType: anything else chooses at random',
  { is: 'retired', ours: 'A misspelt name is an error when the client is made. Random is `rd`.' },
  async (t) => {
    const lab = ourLab(t);
    assert.throws(() => lab.lib.client.create({ routerType: 'least' }), {
      code: 'ERR_RPC_INVALID_ARGUMENT',
      message: /routerType must be one of .*\brd\b.* got "least"/,
    });
    const random = await theirs(t, (other) =>
      other.targets(
        { routerType: 'least' },
        Array.from({ length: 100 }, () => [null]),
      ),
    );
    const named = await lab.targets(
      { routerType: 'rd' },
      Array.from({ length: 100 }, () => [null]),
    );
    for (const each of [random, named]) assert.deepEqual(Object.keys(counts(each)).sort(), ['s1', 's2', 's3']);
  },
);

row(
  'client.11',
  "routerType 'ch', hashFieldIndex, replicas 100, algorithm md5: consistent hash of args[hashFieldIndex], else of the whole message",
  { is: 'same', ours: 'The same servers for the same keys; the field 0 is a key too, not a missing one.' },
  async (t) => {
    const scenario = async (lab: Lab) => {
      const keys = Array.from({ length: 120 }, (_, at) => [null, 'room', `key ${at}`]);
      return [
        await lab.targets({ routerType: 'ch', hashFieldIndex: 1 }, keys),
        await lab.targets({ routerType: 'ch' }, keys),
        await lab.targets({ routerType: 'ch', hashFieldIndex: 1, replicas: 7, algorithm: 'sha1' }, keys, 5),
      ];
    };
    const found = await both(t, scenario);
    const zero = Array.from({ length: 20 }, (_, at) => [null, 0, at]);
    const placed = await ours(t, (lab) => lab.targets({ routerType: 'ch', hashFieldIndex: 0 }, zero));
    assert.equal(new Set(placed).size, 1);
    assert.deepEqual(found.ours, found.theirs);
    assert.equal(Object.keys(counts(found.ours[2] ?? [])).length, 5);
  },
);

row(
  'client.12',
  "failMode 'failfast' (the default): the call fails, and nothing is tried again",
  { is: 'better', ours: 'The default too. The caller is told; there only with rpcDebugLog.' },
  async (t) => {
    const lab = ourLab(t);
    const client = await lab.client([{ id: 's1', serverType: 'test', port: await lab.port() }], {
      failMode: 'failfast',
    });
    const { service } = client.proxies.user.test;
    const started = performance.now();
    await assert.rejects(service.whoami.with({ timeout: 40 })(null), { code: 'ERR_RPC_CONNECT', delivery: 'not-sent' });
    assert.ok(performance.now() - started < 20_000);
    assert.throws(() => lab.lib.client.create({ failMode: 'failsoft' }), { code: 'ERR_RPC_INVALID_ARGUMENT' });
  },
);

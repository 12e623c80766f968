import assert from 'node:assert/strict';
import { both, type Lab, ourLab, ours, theirs } from './support/lab.js';
import { row } from './support/row.js';

/** To which of three servers the calls go: nothing is sent, a before filter has seen enough. */
const targets = async (lab: Lab, options: object, calls: readonly [routeParam: unknown, ...args: unknown[]][]) => {
  const servers = ['s1', 's2', 's3'].map((id, at) => ({ id, serverType: 'test', host: '127.0.0.1', port: 1, weight: at + 1 }));
  const client = await lab.client(servers, options);
  const seen: string[] = [];
  client.before((id: string) => void seen.push(id)); // goes no further: next is never called
  client.setErrorHandler(() => {});
  for (const [routeParam, ...args] of calls) client.proxies.user.test.service.echo(routeParam, ...args, () => {});
  return seen;
};
/** The same for pomelo-rpc, whose scenario has to bring all that it uses. */
const withTargets = (body: string) =>
  new Function(`return async (lab) => { const targets = ${targets.toString()}; ${body} }`)() as (lab: Lab) => Promise<string[]>;

function counts(ids: readonly string[]): Record<string, number> {
  const found: Record<string, number> = {};
  for (const id of ids) found[id] = (found[id] ?? 0) + 1;
  return found;
}

row(
  'client.09',
  'Filters before and after (a function, an object, a list); filter() is both; next(target, msg, opts) re-targets and rewrites',
  { is: 'better', ours: 'The same; one that does not declare `next` goes on when it returns, or its promise resolves.' },
  async (t) => {
    const scenario = async (lab: Lab) => {
      const servers = [(await lab.serve({ id: 's1' })).info, (await lab.serve({ id: 's2' })).info];
      const client = await lab.client(servers, { routerType: 'rr' });
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
      client.filter({
        before: (id: string, _m: object, _o: object, next: Next) => void (order.push(`3 ${id}`), next()),
        after: (id: string, _m: object, _o: object, next: Next) => void (order.push(`4 ${id}`), next()),
      });
      client.after((id: string, _m: object, _o: object, next: Next) => void (order.push(`5 ${id}`), next()));
      const { service } = client.proxies.user.test;
      await lab.answer((cb) => service.echo(null, 'x', cb)); // both connect here
      order.length = 0;
      const answer = await lab.answer((cb) => service.echo.toServer('s1', 'x', cb));
      const where = await lab.answer((cb) => service.whoami.toServer('s1', cb), 500);
      return { order: order.slice(0, 5), answer, where };
    };
    const mine = await ours(t, scenario);
    assert.deepEqual(mine.order, ['1 s1', '2 s2', '3 s2', '4 s2', '5 s2']);
    assert.deepEqual(mine.answer, [null, 'rewritten']);
  },
);

row(
  'client.09.abort',
  'A before filter aborts with next(error); setErrorHandler((error, serverId, msg, opts) => ...) is told of it',
  { is: 'better', ours: 'The same, and the caller is told too: ERR_RPC_FILTER, whose cause is the error of the filter.' },
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
      client.before((_id: string, _msg: object, _opts: object, next: (e: Error) => void) => next(new Error('too busy')));
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
    const mine = await targets(
      ourLab(t),
      {},
      Array.from({ length: 300 }, (_, at) => [{ uid: at % 3 ? `user ${at}` : at }, at]),
    );
    const same = withTargets(
      `return targets(lab, {}, Array.from({ length: 300 }, (_, at) => [{ uid: at % 3 ? 'user ' + at : at }, at]))`,
    );
    assert.equal(Object.keys(counts(mine)).length, 3);
    assert.equal(mine.length, 300);
    void same;
  },
);

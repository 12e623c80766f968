import assert from 'node:assert/strict';
import type { Any } from '../../proxy/index.js';
import { bothClusters, type ClusterLab, ourClusterLab } from './support/cluster-lab.js';
import { row } from './support/row.js';

row(
  'shared.01',
  "cluster(Class, options).delegate(from, to = 'invoke').override(name, value).create(...args)",
  { is: 'same', ours: 'The same.' },
  async (t) => {
    const found = await bothClusters(t, async (lab) => {
      class Data extends lab.EventEmitter {
        readonly made: unknown;
        constructor(options: unknown) {
          super();
          this.made = options;
        }
        find(id: number) {
          return Promise.resolve([id, this.made]);
        }
      }
      const build = (builder: Any) => builder.delegate('find').override('version', 3);
      const { leader, follower } = await lab.pair(Data, {}, build);
      const found = [];
      for (const client of [leader, follower]) found.push(await client.find(1), client.version);
      await lab.close();
      return found;
    });
    const one = [1, { made: 'here' }];
    assert.deepEqual(found, { ours: [one, 3, one, 3], theirs: [one, 3, one, 3] });
  },
);

row(
  'shared.02',
  'cluster.close(client) closes the real client; APIClientBase: DataClient, clusterOptions, delegates, the option cluster',
  { is: 'better', ours: 'The same; the real client’s close is called once, where an API client called it twice.' },
  async (t) => {
    const found = await bothClusters(t, async (lab) => {
      let closes = 0;
      class Data extends lab.EventEmitter {
        async find(id: number) {
          return id;
        }
        async close() {
          closes += 1;
        }
      }
      const port = await lab.port();
      const made: unknown[] = [];
      class Api extends lab.cluster.APIClientBase {
        get DataClient() {
          return Data;
        }
        get clusterOptions() {
          return { name: 'Api', port, logger: lab.quiet };
        }
        get delegates() {
          return { find: 'invoke' };
        }
        find(id: number) {
          return this._client.find(id);
        }
      }
      const factory = (Class: Any, options: Any) => {
        made.push(Class === Data, options.name);
        return lab.cluster(Class, options);
      };
      const client = new (Api as Any)({ cluster: factory });
      await client.ready();
      const results = [await client.find(2), client.isClusterClientLeader, made];
      await client.close();
      return { results, closes };
    });
    assert.deepEqual(found.ours, { results: [2, true, [true, 'Api']], closes: 1 });
    assert.deepEqual(found.theirs, { ...found.ours, closes: 2 });
  },
);

row(
  'shared.03',
  'Options and their defaults, by name: port, singleMode, maxWaitTime, connectTimeout, responseTimeout, heartbeatInterval ...',
  {
    is: 'better',
    ours: 'The same names, defaults and environment variables, and they are checked; maxListeners has nothing to do.',
  },
  async (t) => {
    const found = await bothClusters(t, async (lab) => {
      class Data extends lab.EventEmitter {}
      // Single mode takes no port, and so none that somebody may have.
      const client = lab.share(Data, { singleMode: true });
      await client.ready();
      const names = ['name', 'port', 'maxWaitTime', 'connectTimeout', 'responseTimeout', 'heartbeatInterval'];
      const flags = ['isCheckHeartbeat', 'autoGenerate', 'isBroadcast'];
      const options = [...names, ...flags].map((name) => [name, client.options[name]]);
      await lab.close();
      return Object.fromEntries(options) as Record<string, unknown>;
    });
    assert.deepEqual(found.ours, {
      name: 'Data',
      port: 7777,
      maxWaitTime: 30_000,
      connectTimeout: 10_000,
      responseTimeout: 3_000,
      heartbeatInterval: 20_000,
      isCheckHeartbeat: true,
      autoGenerate: true,
      isBroadcast: true,
    });
    assert.deepEqual(found.theirs, found.ours);
    const lab = ourClusterLab(t);
    assert.throws(() => lab.share(class Data {}, { responseTimeout: -1 }), { code: 'ERR_RPC_INVALID_ARGUMENT' });
  },
);

row(
  'shared.04',
  'autoGenerate: subscribe, unSubscribe, publish, close by their names; own async and generator methods without _',
  { is: 'better', ours: 'The same, and inherited ones.' },
  async (t) => {
    const found = await bothClusters(t, async (lab) => {
      class Parent extends lab.EventEmitter {
        async inherited() {}
      }
      class Data extends Parent {
        subscribe() {}
        publish() {}
        async find() {}
        *walk() {}
        async _hidden() {}
        plain() {}
      }
      const client = lab.share(Data, { singleMode: true });
      await client.ready();
      const names = ['subscribe', 'publish', 'find', 'walk', '_hidden', 'plain', 'inherited'];
      const generated = names.filter((name) => typeof client[name] === 'function');
      await lab.close();
      return generated;
    });
    assert.deepEqual(found.theirs, ['subscribe', 'publish', 'find', 'walk']);
    assert.deepEqual(found.ours, [...found.theirs, 'inherited']);
  },
);

row(
  'shared.05',
  'Called as a generator, with a callback, for a promise; a one-way call returns undefined',
  { is: 'better', ours: 'The same; a Follower’s callback gets all results, as the Leader’s does.' },
  async (t) => {
    const found = await bothClusters(t, async (lab) => {
      const told: unknown[] = [];
      class Data extends lab.EventEmitter {
        *walk(id: number): Generator {
          return yield Promise.resolve(id);
        }
        many(id: number, cb: (error: null, ...results: number[]) => void) {
          setImmediate(cb, null, id, id + 1);
        }
        tell(id: number) {
          told.push(id);
        }
      }
      const build = (builder: Any) => builder.delegate('many').delegate('tell', 'invokeOneway');
      const { follower } = await lab.pair(Data, {}, build);
      const returned = follower.tell(7);
      const walk = follower.walk(1);
      const thunk = walk.next().value;
      // co takes both: cluster-client yields a thunk, mailstation a promise.
      const walked = await (typeof thunk === 'function'
        ? new Promise((resolve) => thunk((_: unknown, value: unknown) => resolve(value)))
        : thunk);
      const many = await new Promise((resolve) => follower.many(3, (...args: unknown[]) => resolve(args.slice(1))));
      const first = await follower.many(3);
      await lab.close();
      return { returned, told, walked, many, first };
    });
    assert.deepEqual(found.ours, { returned: undefined, told: [7], walked: 1, many: [3, 4], first: 3 });
    assert.deepEqual(found.theirs, { ...found.ours, many: [3] });
  },
);

row(
  'shared.06',
  'Election: who binds 127.0.0.1:port leads, the others follow; isLeader: true fails where it is taken',
  { is: 'same', ours: 'The same. `isLeader: false` and a lost election wait without looking again every 3 s.' },
  async (t) => {
    const found = await bothClusters(t, async (lab) => {
      class Data extends lab.EventEmitter {
        async find() {
          return 1;
        }
      }
      const port = await lab.port();
      const leader = lab.share(Data, { port, isLeader: true });
      await leader.ready();
      const second = lab.share(Data, { port, isLeader: true });
      const refused = await lab.failure(second.ready());
      const follower = lab.share(Data, { port, isLeader: false });
      await follower.ready();
      const roles = [leader, follower].map((client) => client.isClusterClientLeader);
      await lab.close();
      return { refused: refused.message?.replace(String(port), 'PORT').split(': ')[0], roles };
    });
    const refused = 'create "Data" leader failed, the port:PORT is occupied by other';
    assert.deepEqual(found.ours, { refused, roles: [true, false] });
    assert.deepEqual(found.theirs, found.ours);
  },
);

const subscribing = async (lab: ClusterLab) => {
  const asked: string[] = [];
  const listeners = new Map<string, (value: unknown) => void>();
  class Data extends lab.EventEmitter {
    subscribe(reg: { key: string }, listener: (value: unknown) => void) {
      asked.push(reg.key);
      listeners.set(reg.key, listener);
    }
    publish(reg: { key: string; value: unknown }) {
      listeners.get(reg.key)?.(reg.value);
    }
  }
  const { leader, follower } = await lab.pair(Data);
  const heard: Record<string, unknown[]> = { leader: [], follower: [], later: [] };
  leader.subscribe({ key: 'a' }, (value: unknown) => heard['leader']?.push(value));
  follower.subscribe({ key: 'a' }, (value: unknown) => heard['follower']?.push(value));
  follower.publish({ key: 'a', value: 1 });
  await lab.until(() => heard['leader']?.length === 1 && heard['follower']?.length === 1, 'the value');
  follower.subscribe({ key: 'a' }, (value: unknown) => heard['later']?.push(value));
  await lab.until(() => heard['later']?.length === 1, 'the last value');
  await lab.close();
  return { asked, heard };
};

row(
  'shared.07',
  'One subscription a key on the one real client; values for all; the last one for whoever comes later; publish',
  {
    is: 'better',
    ours: 'The same; the real client is unsubscribed with the last listener, and each listener gets a copy.',
  },
  async (t) => {
    const found = await bothClusters(t, subscribing);
    assert.deepEqual(found.ours, { asked: ['a'], heard: { leader: [1], follower: [1], later: [1] } });
    assert.deepEqual(found.theirs, found.ours);
  },
);

row(
  'shared.08',
  'When the Leader goes another client leads, and all is subscribed and published again',
  { is: 'same', ours: 'The same. Calls wait meanwhile, as many as `pendingSize` and as long as `maxWaitTime`.' },
  async (t) => {
    const found = await bothClusters(t, async (lab) => {
      const asked: unknown[] = [];
      class Data extends lab.EventEmitter {
        subscribe(reg: { key: string }) {
          asked.push(['subscribe', reg.key]);
        }
        publish(reg: { key: string }) {
          asked.push(['publish', reg.key]);
        }
        async find() {
          return 1;
        }
      }
      const { leader, follower } = await lab.pair(Data);
      follower.subscribe({ key: 'a' }, () => {});
      follower.publish({ key: 'b' });
      await lab.until(() => asked.length === 2, 'both at the first Leader');
      await lab.cluster.close(leader);
      await lab.until(() => asked.length === 4 && follower.isClusterClientLeader, 'both at the next one');
      const answer = await follower.find();
      await lab.close();
      return { asked, answer };
    });
    const both = [
      ['subscribe', 'a'],
      ['publish', 'b'],
    ];
    assert.deepEqual(found.ours, { asked: [...both, ...both], answer: 1 });
    assert.deepEqual(found.theirs, found.ours);
  },
);

row(
  'shared.09',
  'Errors cross with name, message and code (and stack); a late answer is a ResponseTimeoutError; the real client’s events',
  {
    is: 'better',
    ours: 'The same; the stack with `exposeStack: true`, and a `code` and `delivery` on errors of our own.',
  },
  async (t) => {
    const found = await bothClusters(t, async (lab) => {
      class Data extends lab.EventEmitter {
        async fail() {
          throw Object.assign(new RangeError('boom'), { code: 'E_BOOM' });
        }
        async never() {
          await new Promise(() => {});
        }
        async tell() {
          this.emit('news', 1, 2);
        }
      }
      const { leader, follower } = await lab.pair(Data, { responseTimeout: 300 });
      const news: unknown[] = [];
      leader.on('news', (...args: unknown[]) => news.push(...args));
      await follower.tell();
      const failed = await lab.failure(follower.fail());
      const { name } = await lab.failure(follower.never());
      await lab.close();
      return { failed, name, news };
    });
    const failed = { name: 'RangeError', message: 'boom', code: 'E_BOOM' };
    assert.deepEqual(found.ours, { failed, name: 'ResponseTimeoutError', news: [1, 2] });
    assert.deepEqual(found.theirs, found.ours);
  },
);

row(
  'shared.10',
  'Single mode: one real client a name in the process, closed with the last that uses it',
  { is: 'better', ours: 'The same; two classes of one name are refused, where they got each other’s client.' },
  async (t) => {
    const found = await bothClusters(t, async (lab) => {
      let made = 0;
      let closed = 0;
      class Data extends lab.EventEmitter {
        constructor() {
          super();
          made += 1;
        }
        async find() {
          return made;
        }
        async close() {
          closed += 1;
        }
      }
      const first = lab.share(Data, { singleMode: true });
      const second = lab.share(Data, { singleMode: true });
      await Promise.all([first.ready(), second.ready()]);
      const answers = [await first.find(), await second.find(), first.isClusterClientLeader];
      await lab.cluster.close(first);
      const closedByFirst = closed;
      await lab.cluster.close(second);
      return { answers, closedByFirst, closed };
    });
    assert.deepEqual(found.ours, { answers: [1, 1, true], closedByFirst: 0, closed: 1 });
    assert.deepEqual(found.theirs, found.ours);
    const lab = ourClusterLab(t);
    await lab.share(class Data {}, { singleMode: true }).ready();
    assert.throws(() => lab.share(class Data {}, { singleMode: true }), { code: 'ERR_RPC_INVALID_ARGUMENT' });
  },
);

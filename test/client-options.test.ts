import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Client, type ClientOptions, createClient } from '../node-client.js';

const NOT_NUMBERS = ['5', null, true, {}, Number.NaN, 1.5];
const MS = [...NOT_NUMBERS, 0, -1, 2 ** 31];

/** Option -> values that it does not take. */
const REFUSED: Record<string, readonly unknown[]> = {
  timeout: MS,
  connectTimeout: MS,
  keepalive: MS,
  interval: MS,
  idleTimeout: [...NOT_NUMBERS, -1, 2 ** 31],
  drainTimeout: [...NOT_NUMBERS, -1, 2 ** 31],
  pendingSize: [...NOT_NUMBERS, -1],
  frameTimeout: MS,
  maxInFlight: [...NOT_NUMBERS, 0, -1],
  maxFrameBytes: [...NOT_NUMBERS, 0, 24, -1, 2 ** 31 + 1],
  maxQueuedBytes: [...NOT_NUMBERS, -1],
  bufferMsg: ['true', 1, {}],
  codecs: ['json', [], ['xml'], [5], {}, null],
  failMode: ['failwhale', null, 5],
  retryTimes: [...NOT_NUMBERS, -1],
  retryConnectTime: [...NOT_NUMBERS, -1, 2 ** 31],
  failbackSize: [...NOT_NUMBERS, -1],
  retryBudget: [5, null, { ratio: 2 }, { ratio: -1 }, { ratio: '1' }, { minPerSecond: -1 }, { minPerSecond: 1.5 }],
  ejection: [
    ...[5, null, 'on', { consecutiveFailures: 0 }, { baseEjectionTime: 0 }, { maxEjectionPercent: 101 }],
    { baseEjectionTime: 1_000, maxEjectionTime: 999 },
  ],
  router: [5, {}, 'no such strategy', null, []],
  routerType: ['no such strategy'],
  mailboxFactory: [5, {}, 'tcp', { create: 5 }],
  mailBoxFactory: [5, {}],
  share: [
    5,
    'yes',
    null,
    {},
    { port: 0 },
    { port: 65_536 },
    { port: '77x7' },
    { port: 7_777, lead: 'no' },
    { port: 7_777, maxServers: 0 },
    { port: 7_777, maxCalls: 1.5 },
  ],
  hashFieldIndex: ['0', -1, 1.5],
  replicas: ['100', 0, -1, 1.5],
  algorithm: ['no such hash', 5],
  logger: [5, {}, 'console', { warn: () => {} }, null],
};

describe('createClient', () => {
  for (const [name, values] of Object.entries(REFUSED)) {
    for (const value of values) {
      it(`refuses ${name}: ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`, () => {
        const router =
          name === 'hashFieldIndex' || name === 'replicas' || name === 'algorithm' ? { routerType: 'ch' } : {};
        assert.throws(
          () => createClient({ ...router, [name]: value } as ClientOptions),
          (error: Error & { code?: string }) => {
            assert.equal(error.code, 'ERR_RPC_INVALID_ARGUMENT', error.message);
            const names = name === 'mailBoxFactory' ? 'mailboxFactory' : name;
            assert.ok(error.message.includes(names), `"${error.message}" does not name ${names}`);
            return true;
          },
        );
      });
    }
  }

  it('names the option that was set, its range with the unit, and what was given', () => {
    const refused: [ClientOptions, string][] = [
      [{ timeout: 0 }, 'timeout must be an integer from 1 to 2147483647 ms, got 0'],
      [{ drainTimeout: -1 }, 'drainTimeout must be an integer from 0 to 2147483647 ms, got -1'],
      [{ pendingSize: -1 }, 'pendingSize must be an integer, 0 or more, got -1'],
      [{ share: {} as never }, 'share.port is missing: give an integer from 1 to 65535'],
      [{ share: { port: 1, path: '/a' } }, 'share.path cannot be combined with share.port: leave one of them out'],
      [
        { share: { path: '/run/' } },
        'share.path must be the path of a socket, got "/run/": a path that ends with a slash is that of a folder',
      ],
      [{ share: 5 as never }, 'share must be an object { port, lead }, got 5'],
      [{ share: { port: '7778x' } }, 'share.port must be an integer from 1 to 65535, got "7778x"'],
      [
        { ejection: { baseEjectionTime: 5_000, maxEjectionTime: 4_000 } },
        'ejection.maxEjectionTime must be an integer from 5000 (baseEjectionTime) to 2147483647 ms, got 4000',
      ],
    ];
    for (const [options, message] of refused) assert.throws(() => createClient(options), { message });
    for (const name of ['router', 'routerType'])
      assert.throws(() => createClient({ [name]: 'x' }), {
        message: new RegExp(`^${name} must be one of df, .* got "x"$`),
      });
    assert.throws(() => createClient().addServers('a' as never), {
      message: 'the argument of addServers must be a list, got "a"',
    });
  });

  it('refuses what are no options', () => {
    for (const given of [null, 5, 'options']) {
      assert.throws(() => createClient(given as unknown as ClientOptions), { code: 'ERR_RPC_INVALID_ARGUMENT' });
    }
  });

  it('takes every option at the ends of its range', () => {
    const low: ClientOptions = {
      ...{ timeout: 1, connectTimeout: 1, keepalive: 1, interval: 1, idleTimeout: 0, drainTimeout: 0 },
      ...{ pendingSize: 0, maxQueuedBytes: 0, bufferMsg: false, codecs: ['json'], failMode: 'failfast' },
      ...{ retryTimes: 0, retryConnectTime: 0, failbackSize: 0, retryBudget: { ratio: 0, minPerSecond: 0 } },
      ejection: { consecutiveFailures: 1, baseEjectionTime: 1, maxEjectionTime: 1, maxEjectionPercent: 0 },
    };
    const ms = 2 ** 31 - 1;
    const high: ClientOptions = {
      ...{ timeout: ms, connectTimeout: ms, keepalive: ms, interval: ms, idleTimeout: ms, drainTimeout: ms },
      ...{
        pendingSize: 1e9,
        maxInFlight: 1e9,
        maxFrameBytes: 2 ** 31,
        maxQueuedBytes: 1e12,
        bufferMsg: true,
        codecs: ['json', 'msgpack'],
        ...{ failMode: 'failback', retryTimes: 1e9, retryConnectTime: ms, failbackSize: 1e9 },
        ...{ retryBudget: { ratio: 1, minPerSecond: 1e9 }, ejection: true },
      },
    };
    for (const options of [undefined, {}, low, high]) assert.equal(createClient(options).state, 'idle');
  });

  it('takes undefined for an option that is not given', () => {
    const options = Object.fromEntries(Object.keys(REFUSED).map((name) => [name, undefined]));
    assert.equal(createClient(options as ClientOptions).state, 'idle');
  });

  it('is also called Client.create, as in pomelo-rpc', () => {
    assert.ok(Client.create({ timeout: 5 }) instanceof Client);
  });
});

describe('Client', () => {
  const client = createClient();
  const refused: Record<string, (given: never) => unknown> = {
    addProxies: (given) => client.addProxies(given),
    addProxy: (given) => client.addProxy(given),
    addServers: (given) => client.addServers(given),
    addServer: (given) => client.addServer(given),
    replaceServers: (given) => client.replaceServers(given),
    removeServers: (given) => client.removeServers(given),
    removeServer: (given) => client.removeServer(given),
    before: (given) => client.before(given),
    after: (given) => client.after(given),
    filter: (given) => client.filter(given),
    setErrorHandler: (given) => client.setErrorHandler(given),
  };
  for (const [method, call] of Object.entries(refused)) {
    it(`${method} refuses what is not what it takes`, () => {
      for (const given of [undefined, null, method === 'removeServer' ? {} : 5]) {
        assert.throws(() => call(given as never), { code: 'ERR_RPC_INVALID_ARGUMENT' }, `${method}(${given})`);
      }
    });
  }

  it('refuses a router for no type, and a router that is none', () => {
    assert.throws(() => client.route('', 'rr'), { code: 'ERR_RPC_INVALID_ARGUMENT' });
    assert.throws(() => client.route('test', 5 as never), { code: 'ERR_RPC_INVALID_ARGUMENT' });
  });

  it('refuses a record without a namespace or a type, and one with a path that is none', () => {
    const records = [
      {},
      { namespace: '', serverType: 'test' },
      { namespace: 'user' },
      { namespace: 'user', serverType: 5 },
    ];
    for (const record of [...records, { namespace: 'user', serverType: 'test', path: 5 }]) {
      assert.throws(() => client.addProxy(record as never), { code: 'ERR_RPC_INVALID_ARGUMENT' });
    }
    assert.throws(() => client.addProxy({ namespace: 'user', serverType: 'test', path: '/no/such/path' }), {
      code: 'ERR_RPC_LOAD',
    });
  });

  it('adds all servers of a list or none', () => {
    const good = { id: 'good-1', serverType: 'good', port: 1 };
    assert.throws(() => client.addServers([good, { id: 'bad-1', serverType: 'bad', port: -1 }]));
    assert.deepEqual(client.getServersByType('good'), []);
  });

  it('refuses call options that are none', () => {
    client.addProxy({ namespace: 'user', serverType: 'test' });
    const method = client.proxies['user']?.['test']?.['m']?.['f'] ?? assert.fail();
    for (const options of [
      null,
      5,
      { timeout: 0 },
      { timeout: '5' },
      { timeout: 2 ** 31 },
      { idempotent: 'yes' },
      { failMode: 'never' },
      { retryTimes: -1 },
    ]) {
      assert.throws(() => method.with(options as never), { code: 'ERR_RPC_INVALID_ARGUMENT' }, JSON.stringify(options));
    }
  });

  it('refuses a message that is none', () => {
    const msg = { namespace: 'user', serverType: 'test', service: 'm', method: 'f', args: [] };
    for (const given of [
      null,
      5,
      { ...msg, namespace: '' },
      { ...msg, service: 5 },
      { ...msg, method: undefined },
      { ...msg, args: 'x' },
    ]) {
      assert.throws(() => client.rpcInvoke('test-1', given as never), { code: 'ERR_RPC_INVALID_ARGUMENT' });
    }
  });

  it('refuses a callback that is none, rather than sending it along', async () => {
    const msg = { namespace: 'user', serverType: 'test', service: 'm', method: 'f', args: [] };
    assert.throws(() => client.rpcInvoke('test-1', msg, 5 as never), { code: 'ERR_RPC_INVALID_ARGUMENT' });
  });
});

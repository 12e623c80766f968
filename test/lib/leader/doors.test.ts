import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hostOf, portOf, urlOf } from '../../../lib/endpoint.js';
import { type Door, openDoors, type Placing, resolveDoors } from '../../../lib/leader/doors.js';
import type { NonEmpty } from '../../../lib/server-info.js';
import type { Listener } from '../../../lib/transport/transport.js';

const PAGE = 'https://admin.example.com';
const urlsOf = (given: Placing): string[] => resolveDoors(given).map(({ endpoint }) => urlOf(endpoint));

describe('the places of a server', () => {
  it('are one, from port, host and transport', () => {
    assert.deepEqual(urlsOf({ port: 0 }), ['tcp://127.0.0.1:0']);
    assert.deepEqual(urlsOf({ port: '3333', host: '::', transport: 'ws' }), ['ws://[::]:3333']);
  });

  it('are those of listen: a URL, an entry, or a list of both', () => {
    assert.deepEqual(urlsOf({ listen: 'tcp://[::1]:0' }), ['tcp://127.0.0.1:0']);
    assert.deepEqual(urlsOf({ listen: { url: 'ws://127.0.0.1:0/rpc' } }), ['ws://127.0.0.1:0/rpc']);
    assert.deepEqual(urlsOf({ listen: ['tcp://127.0.0.1:0', { url: 'ws://127.0.0.1:0' }] }), [
      'tcp://127.0.0.1:0',
      'ws://127.0.0.1:0',
    ]);
  });

  it('have the origins of the server, or their own', () => {
    const listen = ['ws://127.0.0.1:0', { url: 'ws://127.0.0.1:1', allowedOrigins: [] }];
    assert.deepEqual(
      resolveDoors({ listen, allowedOrigins: [PAGE] }).map(({ allowedOrigins }) => allowedOrigins),
      [[PAGE], []],
    );
  });

  it('have a mode where they are unix sockets', () => {
    const [door] = resolveDoors({ listen: { url: 'unix:/run/chat.sock', mode: 0o660 } });
    assert.deepEqual(door, {
      endpoint: { transport: 'unix', path: '/run/chat.sock' },
      allowedOrigins: [],
      socketMode: 0o660,
    });
  });

  const refused: [unknown, string][] = [
    [{ listen: { url: 'unix:/a', mode: 0o1000 } }, 'listen[0].mode must be an integer from 0 to 511, got 512'],
    [{ listen: { url: 'tcp://a:1', mode: 0 } }, 'listen[0].mode is for unix sockets only: tcp://a:1 has no file'],
    [{ port: 0, transport: 'unix' }, 'transport must be one of tcp, tls, ws, wss, got "unix"'],
    [{}, 'port is required, unless listen is given; 0 lets the system choose'],
    [{ listen: 'tcp://127.0.0.1:0', port: 1 }, 'listen cannot be combined with port: the URLs of listen name the port'],
    [{ listen: 'tcp://a:0', host: 'a' }, 'listen cannot be combined with host: the URLs of listen name the host'],
    [{ listen: [] }, 'listen must be a URL, or a list of 1 to 16 of them, got []'],
    [{ listen: 5 }, 'listen[0] must be a URL, or an object { url } or { server }, got 5'],
    [{ listen: ['tcp://a:0', null] }, 'listen[1] must be a URL, or an object { url } or { server }, got null'],
    [{ listen: {} }, 'listen[0].url is missing: give a non-empty string'],
    [
      { listen: ['http://a'] },
      'listen[0] must be a URL of a known scheme, got "http://a": write ws:// in the place of http://',
    ],
    [
      { listen: { url: 'ws://a', allowedOrigins: ['null'] } },
      'listen[0].allowedOrigins must hold origins such as https://example.com:8443, got "null" among them',
    ],
  ];
  for (const [given, message] of refused) {
    it(`are refused: ${JSON.stringify(given)}`, () => {
      assert.throws(() => resolveDoors(given as Placing), { code: 'ERR_RPC_INVALID_ARGUMENT', message });
    });
  }

  it('are 16 at the most', () => {
    const many = Array.from({ length: 17 }, (_, at) => `tcp://127.0.0.1:${at + 1}`);
    assert.equal(resolveDoors({ listen: many.slice(1) }).length, 16);
    assert.throws(
      () => resolveDoors({ listen: many }),
      /^RpcError: listen must be a URL, or a list of 1 to 16 of them/,
    );
  });
});

describe('doors are opened together', () => {
  const doors = resolveDoors({ listen: ['tcp://a:1', 'tcp://b:2', 'tcp://c:3'] }) as NonEmpty<Door>;

  function opener(failsAt?: string) {
    const seen: string[] = [];
    const open = async ({ endpoint }: Door): Promise<Listener> => {
      seen.push(`open ${hostOf(endpoint)}`);
      if (hostOf(endpoint) === failsAt) throw new Error('held');
      return { endpoint, close: async () => void seen.push(`close ${hostOf(endpoint)}`) };
    };
    return { seen, open };
  }

  it('in their order', async () => {
    const { seen, open } = opener();
    const listeners = await openDoors(doors, open);
    assert.deepEqual(
      [seen, listeners.map(({ endpoint }) => portOf(endpoint))],
      [
        ['open a', 'open b', 'open c'],
        [1, 2, 3],
      ],
    );
  });

  it('or not at all: those that are open are closed again', async () => {
    const { seen, open } = opener('c');
    await assert.rejects(openDoors(doors, open), /held/);
    assert.deepEqual(seen, ['open a', 'open b', 'open c', 'close a', 'close b']);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeEndpoint, endpointOf, sameEndpoint, urlOf } from '../../lib/endpoint.js';
import { endpointOfUrl, isEndpointUrl, isReadableUrl } from '../../lib/endpoint-url.js';

describe('the URL of an endpoint', () => {
  for (const [url, endpoint] of [
    ['tcp://10.0.0.7:3333', { transport: 'tcp', host: '10.0.0.7', port: 3333 }],
    ['TCP://chat:3333/', { transport: 'tcp', host: 'chat', port: 3333 }],
    ['tcp://[::1]:1', { transport: 'tcp', host: '127.0.0.1', port: 1 }],
    ['tcp://[2001:DB8:0::1]:1', { transport: 'tcp', host: '2001:db8::1', port: 1 }],
    ['ws://chat.internal', { transport: 'ws', host: 'chat.internal', port: 80, path: '/' }],
    ['ws://chat:8080/rpc?room=1', { transport: 'ws', host: 'chat', port: 8080, path: '/rpc?room=1' }],
    ['unix:/run/chat.sock', { transport: 'unix', path: '/run/chat.sock' }],
    ['UNIX:///run//a/../chat%20.sock', { transport: 'unix', path: '/run/chat%20.sock' }],
    ['unix:chat.sock', { transport: 'unix', path: `${process.cwd()}/chat.sock` }],
    ['ws://chat:8080?room=1', { transport: 'ws', host: 'chat', port: 8080, path: '/?room=1' }],
  ] as const) {
    it(`may be ${url}`, () => {
      const read = endpointOfUrl('url', url);
      assert.deepEqual(read, endpoint);
      assert.ok(Object.isFrozen(read));
      assert.deepEqual(endpointOfUrl('url', urlOf(read)), read);
      assert.deepEqual(endpointOf({ port: 9, url }), read);
    });
  }

  for (const [url, message] of [
    ['', 'url must be a non-empty string, got ""'],
    ['tcp://chat', 'url must have a port, got "tcp://chat": write the port behind the host, as in "host:3333"'],
    ['tcp://chat:0', 'url has a port that does not exist, got "tcp://chat:0": ports are numbers from 1 to 65535'],
    ['ws://chat:70000', 'url has a port that does not exist, got "ws://chat:70000": ports are numbers from 1 to 65535'],
    ['tcp://:3333', 'url must name a host, got "tcp://:3333": write tcp://host:port'],
    ['tcp:chat:3333', 'url must be a URL, got "tcp:chat:3333": write tcp://host:port'],
    ['tcp://chat:3333/x', 'url must end with the port, got "tcp://chat:3333/x": a URL of tcp has no path'],
    ['ws://chat/x#y', 'url must not have a fragment, got "ws://chat/x#y": leave the part from "#" on out'],
    ['ws://chat/a b', 'url has characters that no path may have, got "ws://chat/a b": escape them with "%"'],
    ['http://chat/x', 'url must be a URL of a known scheme, got "http://chat/x": write ws:// in the place of http://'],
    [
      'amqp://chat',
      'url must be a URL of a known scheme, got "amqp://chat": the forms are tcp://host, tls://host, ws://host, wss://host, unix:/path',
    ],
    [
      'chat:3333',
      'url must be a URL of a known scheme, got "chat:3333": the forms are tcp://host, tls://host, ws://host, wss://host, unix:/path',
    ],
    [
      '/run/chat.sock',
      'url must be a URL of a known scheme, got "/run/chat.sock": write unix: in front of the path of a socket',
    ],
    ['unix:', 'url must name a path, got "unix:": write unix:/path'],
    ['unix://run/chat.sock', 'url must not name a host, got "unix://run/chat.sock": write unix:/path, or unix:///path'],
    ['ws://256.1.1.1', /^the host of url must be an address or a host name, got "256\.1\.1\.1"/],
  ] as const) {
    it(`is not ${JSON.stringify(url)}`, () => {
      assert.throws(() => endpointOfUrl('url', url), { code: 'ERR_RPC_INVALID_ARGUMENT', message });
      assert.equal(isReadableUrl(url), false);
    });
  }

  it('keeps a password out of the message', () => {
    const slips = [
      'wss://anna:se/secret@chat',
      'wss://anna:se?secret@chat',
      'wss:/anna:secret@chat',
      '://anna:secret@chat',
    ];
    for (const url of ['ws://anna:secret@chat/x', 'http://anna:secret@chat', 'tcp://anna:secret@chat', ...slips])
      assert.throws(
        () => endpointOfUrl('url', url),
        (error: Error) => !error.message.includes('secret') && !error.message.includes('anna'),
      );
  });

  it('may have port 0 where a Leader listens', () => {
    assert.deepEqual(endpointOfUrl('url', 'tcp://127.0.0.1:0', { minPort: 0 }), endpointOf({ port: 0 }));
  });

  it('is told from other text by its scheme', () => {
    assert.deepEqual(
      ['tcp://a:1', 'ws:', 'http://a', 'constructor:', '', 5, undefined].map((value) => isEndpointUrl(value)),
      [true, true, false, false, false, false, false],
    );
  });

  it('names the same place as host, port and transport', () => {
    assert.ok(
      sameEndpoint(endpointOf({ port: 0, url: 'ws://127.0.0.1:3/' }), endpointOf({ port: 3, transport: 'ws' })),
    );
    assert.equal(describeEndpoint(endpointOfUrl('url', 'ws://chat:8080/rpc')), 'ws://chat:8080/rpc');
  });
});

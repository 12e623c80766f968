import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  describeEndpoint,
  type Endpoint,
  endpointKey,
  endpointOf,
  sameEndpoint,
  TRANSPORT_NAMES,
  urlOf,
  withPort,
} from '../../lib/endpoint.js';

const OTHERS: readonly Endpoint[] = [
  endpointOf({ port: 2 }),
  endpointOf({ port: 1, host: '10.0.0.1' }),
  endpointOf({ port: 1, transport: 'ws' }),
];

describe('an endpoint', () => {
  it('is tcp on this machine where nothing else is given, and frozen', () => {
    const endpoint = endpointOf({ port: 1 });
    assert.deepEqual(endpoint, { transport: 'tcp', host: '127.0.0.1', port: 1 });
    assert.ok(Object.isFrozen(endpoint));
    assert.ok(Object.isFrozen(withPort(endpoint, 2)));
  });

  it('takes of a server what leads to it', () => {
    const server = { id: 'a', serverType: 'test', host: 'example.com', port: 3, transport: 'ws', weight: 2 } as const;
    assert.deepEqual(endpointOf(server), { transport: 'ws', host: 'example.com', port: 3, path: '/' });
  });

  it('is the same as another with equal transport, host and port', () => {
    const endpoint = endpointOf({ port: 1 });
    const equal = endpointOf({ host: '127.0.0.1', port: 1, transport: 'tcp' });
    assert.ok(sameEndpoint(endpoint, equal));
    assert.equal(endpointKey(endpoint), endpointKey(equal));
    for (const other of OTHERS) {
      assert.ok(!sameEndpoint(endpoint, other), urlOf(other));
      assert.notEqual(endpointKey(endpoint), endpointKey(other));
    }
  });

  it('is the same as one whose port the system chose, once it has that port', () => {
    assert.ok(
      sameEndpoint(withPort(endpointOf({ port: 0, transport: 'ws' }), 7), endpointOf({ port: 7, transport: 'ws' })),
    );
  });

  it('is described as host and port, with the transport where that is not tcp', () => {
    assert.equal(describeEndpoint(endpointOf({ port: 3333 })), '127.0.0.1:3333');
    assert.equal(describeEndpoint(endpointOf({ port: 3333, transport: 'ws' })), 'ws://127.0.0.1:3333');
    assert.equal(describeEndpoint(endpointOf({ port: 3333, host: '::1' })), '[::1]:3333');
    assert.equal(urlOf(endpointOf({ port: 3333, host: '::1' })), 'tcp://[::1]:3333');
  });

  it('has a shape for each transport', () => {
    assert.deepEqual(TRANSPORT_NAMES, ['tcp', 'tls', 'unix', 'ws', 'wss']);
  });
});

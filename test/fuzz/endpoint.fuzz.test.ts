import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { sameEndpoint, urlOf } from '../../lib/endpoint.js';
import { endpointOfUrl } from '../../lib/endpoint-url.js';
import { RpcCode, RpcError } from '../../lib/errors.js';
import { fuzz, SEED } from './seeds.js';

const PASSWORD = 'hunter2';
const URLS = [
  ...[
    'tcp://127.0.0.1:3333',
    'tls://chat.internal:3333',
    'ws://[::1]:80/rpc?a=b',
    'wss://play.example/rpc',
    'unix:/run/a.sock',
  ],
  ...[`wss://user:${PASSWORD}@play.example/rpc`, 'unix:///run/my%20app.sock', 'http://localhost', 'unix:b.sock'],
];

describe(`the URL of a server, with FUZZ_SEED=${SEED}`, () => {
  fuzz('is read to an endpoint that its own URL leads to, or refused without its password', 3_000, (random) => {
    const text = random.damage(Buffer.from(random.pick(URLS))).toString(random.pick(['utf8', 'latin1']));
    try {
      const endpoint = endpointOfUrl('url', text);
      assert.ok(sameEndpoint(endpointOfUrl('url', urlOf(endpoint)), endpoint), text);
    } catch (error) {
      assert.ok(error instanceof RpcError, `not an RpcError for ${JSON.stringify(text)}: ${error}`);
      assert.equal(error.code, RpcCode.InvalidArgument);
      const hasPassword = !/^unix:/i.test(text) && text.lastIndexOf(PASSWORD) < text.lastIndexOf('@');
      assert.ok(!hasPassword || !error.message.includes(PASSWORD), `the password is in: ${error.message}`);
    }
  });
});

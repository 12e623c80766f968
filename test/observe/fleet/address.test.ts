import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readAddress } from '../../../observe/fleet/index.js';

describe('an address', () => {
  const forms: [written: string, url: string, id?: string][] = [
    ['127.0.0.1:3333', 'tcp://127.0.0.1:3333'],
    ['chat.internal:3333', 'tcp://chat.internal:3333'],
    ['3333', 'tcp://127.0.0.1:3333'],
    [':3333', 'tcp://127.0.0.1:3333'],
    ['[2001:db8::1]:3333', 'tcp://[2001:db8::1]:3333'],
    ['/run/chat.sock', 'unix:/run/chat.sock'],
    ['unix:/run/chat.sock', 'unix:/run/chat.sock'],
    ['unix:///run/chat.sock', 'unix:/run/chat.sock'],
    ['tls://chat.internal:3333', 'tls://chat.internal:3333'],
    ['ws://chat.internal/rpc', 'ws://chat.internal:80/rpc'],
    ['wss://chat.internal:8443', 'wss://chat.internal:8443'],
    ['chat-1@10.0.0.7:3333', 'tcp://10.0.0.7:3333', 'chat-1'],
    ['chat-1@tls://10.0.0.7:3333', 'tls://10.0.0.7:3333', 'chat-1'],
    ['chat-1@/run/a@b.sock', 'unix:/run/a@b.sock', 'chat-1'],
  ];
  for (const [address, url, id] of forms)
    it(`${address} is ${url}`, () => assert.deepEqual(readAddress(address), { address, url, id }));

  it('without a scheme means TLS where the user gives TLS options', () => {
    assert.equal(readAddress('chat:3333', true).url, 'tls://chat:3333');
    assert.equal(readAddress('ws://chat:3333', true).url, 'ws://chat:3333');
  });

  it('may be a path that begins at the working directory', () => {
    assert.equal(readAddress('./a.sock').url, `unix:${process.cwd()}/a.sock`);
  });

  const wrong: [written: string, message: RegExp][] = [
    ['chat', /"chat" is no address: write host:port, a port of this machine, \/path\/of\/a.sock, or a URL/],
    ['', /"" is no address/],
    ['host:port', /"host:port" is no address/],
    ['http://host:1', /write ws:\/\/ in the place of http:\/\//],
    ['ftp://host:1', /must be a URL of a known scheme/],
    ['host:99999', /a port that does not exist/],
    ['tcp://ada:secret@host:1', /must not hold a user or a password/],
    ['a\u001b[31m', /"a\\u001b\[31m" is no address/],
  ];
  for (const [address, message] of wrong)
    it(`${JSON.stringify(address)} is refused with the reason`, () => {
      assert.throws(() => readAddress(address), { code: 'ERR_RPC_INVALID_ARGUMENT', message });
    });
});

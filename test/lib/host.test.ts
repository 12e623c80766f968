import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hostOption, isLoopback, listeningHost } from '../../lib/host.js';

describe('a host', () => {
  for (const host of [
    '10.0.0.1',
    'localhost',
    'chat-1.game.svc.cluster.local',
    'my_service',
    '2001:db8::1',
    'a',
    'müller.de',
    'x.',
  ]) {
    it(`may be ${host}`, () => assert.equal(hostOption('host', host), host));
  }

  it('may be an IPv6 address in brackets, with a zone too', () => {
    assert.equal(hostOption('host', '[2001:db8::1]'), '2001:db8::1');
    assert.equal(hostOption('host', 'fe80::1%eth0'), 'fe80::1%eth0');
  });

  it("is 127.0.0.1 for every address of this machine's loopback", () => {
    for (const host of [
      ...['::1', '[::1]', '0::1', '::0001', '0:0:0:0:0:0:0:1', '::1%lo'],
      ...['::ffff:127.0.0.1', '::FFFF:127.0.0.1', '::ffff:7f00:1'],
      ...['127.0.0.1', '127.0.0.1.', '127.1', '0x7f.1', '0177.0.0.1', '2130706433'],
    ]) {
      assert.equal(hostOption('host', host), '127.0.0.1');
    }
  });

  it('has one form, however an address is spelled', () => {
    assert.equal(hostOption('host', '2001:DB8:0:0::1'), '2001:db8::1');
    assert.equal(hostOption('host', '::ffff:10.0.0.1'), '10.0.0.1');
    assert.equal(hostOption('host', '10.1'), '10.0.0.1');
    assert.equal(hostOption('host', 'LocalHost.'), 'localhost');
  });

  it('may be a name that begins or ends with digits', () => {
    for (const host of ['10.0.0.1.nip.io', 'node-7', '3com.com', 'x7']) assert.equal(hostOption('host', host), host);
  });

  it('is localhost for a client, which tries all its addresses, and 127.0.0.1 for a Leader', () => {
    assert.equal(hostOption('host', 'localhost'), 'localhost');
    assert.equal(listeningHost('LocalHost'), '127.0.0.1');
    assert.equal(isLoopback('localhost'), true);
    assert.equal(isLoopback('127.0.0.2'), true);
    assert.equal(isLoopback('0.0.0.0'), false);
  });

  for (const [given, message] of [
    ['127.0.0.1:80', 'got "127.0.0.1:80": give the port 80 as port, and "127.0.0.1" as host'],
    ['chat:3333', 'got "chat:3333": give the port 3333 as port, and "chat" as host'],
    ['[::1]:80', 'got "[::1]:80": give the port 80 as port, and "::1" as host'],
    ['tcp://10.0.0.1', 'got "tcp://10.0.0.1": leave "tcp://" out, or give the whole as url, in an entry of a roster'],
    [
      'ws://10.0.0.1:80/x',
      'got "ws://10.0.0.1:80/x": leave "ws://" out, or give the whole as url, in an entry of a roster',
    ],
    [' 10.0.0.1', 'got " 10.0.0.1": leave the white space out'],
    ['10.0.0.1\n', 'got "10.0.0.1\\n": leave the white space out'],
    ['a b', 'got "a b": letters, digits, "-", "_" and "." may stand in a name'],
    ['[chat]', 'got "[chat]": letters, digits, "-", "_" and "." may stand in a name'],
    ['*', 'got "*": to listen on all addresses, give "0.0.0.0", or "::" with IPv6'],
    [
      '/run/chat.sock',
      'got "/run/chat.sock": give the path of a unix socket as url, in an entry of a roster: "unix:/path"',
    ],
    ['256.1.1.1', 'got "256.1.1.1": an IPv4 address has four numbers from 0 to 255'],
    ['user@chat', 'got "user@chat": letters, digits, "-", "_" and "." may stand in a name'],
  ] as const) {
    it(`is not ${JSON.stringify(given)}`, () => {
      assert.throws(() => hostOption('host', given), {
        code: 'ERR_RPC_INVALID_ARGUMENT',
        message: `host must be an address or a host name, ${message}`,
      });
    });
  }

  it('is not missing or empty', () => {
    for (const given of ['', null, 5])
      assert.throws(() => hostOption('host', given), /host must be a non-empty string/);
  });
});

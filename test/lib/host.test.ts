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
    for (const host of ['::1', '[::1]', '127.0.0.1', '::ffff:127.0.0.1', '::FFFF:127.0.0.1', '0:0:0:0:0:0:0:1']) {
      assert.equal(hostOption('host', host), '127.0.0.1');
    }
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
    ['tcp://10.0.0.1', 'got "tcp://10.0.0.1": leave "tcp://" out; the option transport says how to connect'],
    ['ws://10.0.0.1:80/x', 'got "ws://10.0.0.1:80/x": leave "ws://" out; the option transport says how to connect'],
    [' 10.0.0.1', 'got " 10.0.0.1": leave the white space out'],
    ['10.0.0.1\n', 'got "10.0.0.1\\n": leave the white space out'],
    ['a b', 'got "a b": letters, digits, "-", "_" and "." may stand in a name'],
    ['[chat]', 'got "[chat]": letters, digits, "-", "_" and "." may stand in a name'],
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

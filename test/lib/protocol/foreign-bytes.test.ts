import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeForeign } from '../../../lib/protocol/foreign-bytes.js';

describe('the first bytes of a peer that is no mailstation peer', () => {
  for (const text of ['HTTP/1.1 400 Bad Request\r\n', 'GET / HTTP/1.1\r\nhost: a\r\n', 'PRI * HTTP/2.0\r\n\r\nSM']) {
    it(`are HTTP: ${JSON.stringify(text)}`, () => {
      assert.match(describeForeign(Buffer.from(text), 0) ?? '', /^the peer speaks HTTP \("/);
    });
  }

  it('are TLS: a greeting, or an alert', () => {
    for (const hex of ['16030102000100', '15030300020228']) {
      assert.match(describeForeign(Buffer.from(hex, 'hex'), 0) ?? '', /^the peer speaks TLS, and this end does not/);
    }
  });

  it('are any other text, which is shown safely', () => {
    assert.equal(
      describeForeign(Buffer.from('xxSSH-2.0-OpenSSH_9.2p1 Debian'), 2),
      'the peer is another program, whose bytes begin with "SSH-2.0-OpenSSH_": check the address and the port',
    );
    assert.match(describeForeign(Buffer.from('220 mail\r\n\u001b[2J'), 0) ?? '', /"220 mail\\r\\n\\u001b\[2J"/);
  });

  it('may be a packet of another version', () => {
    for (const hex of ['020000000000000000000001', '']) {
      assert.equal(describeForeign(Buffer.from(hex, 'hex'), 0), undefined);
    }
  });

  it('are bytes of another program, where no version is so high', () => {
    assert.match(
      describeForeign(Buffer.from('ff000000', 'hex'), 0) ?? '',
      /^the peer is another program, .* ff 00 00 00:/,
    );
  });

  it('are a client of pomelo-rpc, which opens a connection as MQTT does', () => {
    assert.match(
      describeForeign(Buffer.from('102200044d515454', 'hex'), 0) ?? '',
      /^the peer is another program, such as a client of pomelo-rpc \(MQTT\), whose bytes begin with 10 22 00 04: check /,
    );
  });
});

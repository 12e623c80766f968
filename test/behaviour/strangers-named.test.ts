import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mockClock, request } from '../lib/transport/support.js';
import { until } from '../support/until.js';
import { EXT, rawCaller } from './raw-peers.js';
import { overTransports, type Served, serve } from './support.js';

const CLIENT_HELLO = Buffer.from('16030100c8010000c40303', 'hex');
const GET = Buffer.from('GET /health HTTP/1.1\r\nHost: chat\r\n\r\n');
const REDIS = Buffer.from('*1\r\n$4\r\nPING\r\n');

const named = ({ log }: Served) => log.filter((line) => line.includes('refused a connection'));

describe('a stranger on the port of a server is one line of the log, with its address', () => {
  overTransports((transport) => {
    for (const [what, bytes, why] of [
      ['HTTP', GET, /: the peer speaks HTTP (?:\("GET \/health HTTP"\): another program|without an upgrade)/],
      ['TLS', CLIENT_HELLO, /: the peer speaks TLS, and this end does not/],
      ['the protocol of redis', REDIS, /: the peer is another program, whose bytes begin with "\*1/],
    ] as const) {
      it(`and that it speaks ${what}`, async (t) => {
        const served = await serve(t, { f: () => 1 }, { transport });
        const peer = await rawCaller(t, served.port);
        const address = `127.0.0.1:${peer.socket.localPort}`;
        peer.write(bytes);
        await peer.closed();
        await until(() => named(served).length > 0, { what: 'the line' });
        const [line = '', ...more] = named(served);
        assert.match(line, why);
        assert.ok(line.includes(`from ${transport === 'ws' ? 'ws://' : ''}${address}: `), line);
        assert.deepEqual(more, []);
      });
    }

    it('and one line a second for many', async (t) => {
      const served = await serve(t, { f: () => 1 }, { transport });
      mockClock(t);
      for (let i = 0; i < 20; i++) {
        const peer = await rawCaller(t, served.port);
        peer.write(REDIS);
        await peer.closed();
      }
      assert.equal(named(served).length, 1);
    });

    it('and no line for a peer that only asks whether the port is open', async (t) => {
      const served = await serve(t, { f: () => 1 }, { transport });
      const peer = await rawCaller(t, served.port);
      peer.socket.end();
      await peer.closed();
      assert.deepEqual(named(served), []);
    });
  });

  it('and that it speaks packets where the server speaks WebSocket', async (t) => {
    const served = await serve(t, { f: () => 1 }, { transport: 'ws' });
    const peer = await rawCaller(t, served.port);
    peer.write(request(1, { type: 'register_channel', channelName: 'test-1', ext: EXT }));
    await peer.closed();
    await until(() => named(served).length > 0, { what: 'the line' });
    assert.match(named(served)[0] ?? '', /the peer sends packets, and no WebSocket/);
  });

  it('and that it has sent no registration in time', async (t) => {
    const served = await serve(t, { f: () => 1 }, { handshakeTimeout: 50 });
    await (await rawCaller(t, served.port)).closed();
    await until(() => named(served).length > 0, { what: 'the line' });
    assert.match(named(served)[0] ?? '', /127\.0\.0\.1:\d+: the connection did not register in 50 ms/);
  });
});

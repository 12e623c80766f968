import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { expectNoLeaks } from '../support/leaks.js';
import { until } from '../support/until.js';
import { rawCaller, registeredCaller } from './raw-peers.js';
import { call, failure, overTransports, serve } from './support.js';

describe('nothing is left', () => {
  overTransports((transport) => {
    it('of a client and a server that have stopped, no socket, timer or listener', async (t) => {
      expectNoLeaks(t);
      const before = process.eventNames().map((event) => process.listenerCount(event));
      for (let round = 0; round < 3; round++) {
        const served = await serve(t, { f: () => 1 }, { transport });
        const { client, calls } = await call(t, [served]);
        await Promise.all([calls.f(null), calls.f.toServer('*'), calls.f.oneway(null)]);
        await failure(calls.missing(null));
        if (round === 1) await served.server.stop();
        await client.stop(round === 2);
        await served.server.stop();
      }
      assert.deepEqual(
        process.eventNames().map((event) => process.listenerCount(event)),
        before,
      );
    });

    it('of a server that has stopped, although strangers had connected and said nothing', async (t) => {
      expectNoLeaks(t);
      const served = await serve(t, { f: () => 1 }, { transport });
      const strangers = [await rawCaller(t, served.port), await rawCaller(t, served.port)];
      if (transport === 'tcp') await registeredCaller(t, served.port).then((peer) => peer.socket.pause());
      await served.server.stop();
      for (const stranger of strangers) await stranger.closed(3_000);
    });

    it('of a port that has been let go: it can be taken again at once', async (t) => {
      expectNoLeaks(t);
      const first = await serve(t, { f: () => 1 }, { transport });
      const { calls } = await call(t, [first]);
      await calls.f(null);
      for (let round = 0; round < 3; round++) {
        await first.server.stop();
        const next = await serve(t, { f: () => 1 }, { transport, port: first.port });
        assert.equal(next.port, first.port);
        await next.server.stop();
      }
    });

    it('of an attempt to connect that is given up', async (t) => {
      expectNoLeaks(t);
      const { client, calls, moves } = await call(t, [
        { id: 'test-1', serverType: 'test', host: '192.0.2.1', port: 9, transport },
      ]);
      const ended = failure(calls.f(null));
      await until(() => moves.length > 0, { what: 'the attempt' });
      await client.stop(true);
      assert.equal((await ended).code, 'ERR_RPC_CLOSED');
    });
  });

  it('of a client whose frames are too small to register with', async (t) => {
    expectNoLeaks(t);
    const served = await serve(t, { f: () => 1 });
    const opened: string[] = [];
    served.server.on('connection', ({ peer }) => opened.push(peer));
    const closed: string[] = [];
    served.server.on('disconnection', ({ peer }) => closed.push(peer));
    let made: Awaited<ReturnType<typeof call>>;
    try {
      made = await call(t, [served], { maxFrameBytes: 25 });
    } catch {
      return; // refused as an option: as good
    }
    await failure(made.calls.f.with({ timeout: 200 })(null));
    await until(() => closed.length >= opened.length - 1, {
      what: 'the connections that failed to be closed',
    });
  });

  it('of a port that is held by another: the error names it', async (t) => {
    expectNoLeaks(t);
    const first = await serve(t, { f: () => 1 });
    const { createServer } = await import('../../server.js');
    const second = createServer({ port: first.port, logger: { info() {}, warn() {}, error() {} } });
    t.after(() => second.stop(true));
    const error = await failure(second.start());
    assert.equal(error.code, 'ERR_RPC_ADDRESS_IN_USE');
    assert.match(error.message, new RegExp(`port ${first.port}`));
    assert.equal(second.state, 'closed');
  });
});

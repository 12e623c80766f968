import assert from 'node:assert/strict';
import { it } from 'node:test';
import { until } from '../support/until.js';
import { invokes, readingCaller } from './reading-callers.js';
import { call, makeGate, overTransports, serve } from './support.js';

overTransports((transport) => {
  for (const method of ['big', 'later']) {
    it(`calls of one chunk (${method}) wait while their caller reads no answers, and are served when it reads on`, async (t) => {
      let ran = 0;
      const big = () => {
        ran += 1;
        return 'x'.repeat(1_000_000);
      };
      const served = await serve(t, { big, later: async () => big(), f: () => 1 }, { transport });
      const good = await call(t, [served]);
      assert.equal(await good.calls.f(null), 1);
      const caller = await readingCaller(t, transport, served.port);
      caller.pause();
      caller.send(invokes(method, 100));
      await until(() => ran > 0, { what: 'the first call' });
      for (let n = 0; n < 20; n++) assert.equal(await good.calls.f(null), 1);
      assert.ok(ran < 40, `${ran} of 100 calls ran although no answer was read`);
      caller.resume();
      await until(() => caller.bytesRead > 100_000_000, { what: 'all answers' });
      assert.equal(ran, 100);
    });
  }

  it('answers that come all at once after an await: those without room fail with the reason', async (t) => {
    let gate = makeGate();
    const big = async () => {
      await gate.pass();
      return 'x'.repeat(1_000_000);
    };
    const served = await serve(t, { big, f: () => 1 }, { transport, maxQueuedBytes: 3_000_000 });
    const { calls, moves } = await call(t, [served]);
    const failuresAtOnce = async (): Promise<string[]> => {
      gate = makeGate();
      const outcomes = Array.from({ length: 30 }, () =>
        calls.big(null).then(
          () => 'ok',
          ({ code, message, delivery }: { code: string; message: string; delivery: string }) =>
            `${code} ${delivery} ${message}`,
        ),
      );
      await gate.arrivals(30);
      gate.open();
      return (await Promise.all(outcomes)).filter((outcome) => outcome !== 'ok');
    };
    // On a busy machine the caller, in this process, reads between the answers, and all of them have room.
    let failed: string[] = [];
    for (let round = 0; round < 50 && failed.length === 0; round++) failed = await failuresAtOnce();
    assert.ok(failed.length > 0 && failed.length < 28, `${failed.length} of 30 failed`);
    const text =
      /^ERR_RPC_QUEUE_FULL answered .*: the result is dropped, since the caller does not read as fast as the server answers: \d+ bytes wait to be written to .*; maxQueuedBytes allows 3000000; request less at once, or raise maxQueuedBytes of the server/;
    for (const outcome of failed) assert.match(outcome, text);
    assert.equal(served.log.filter((line) => line.includes('the result is dropped')).length, 1, 'one line is logged');
    assert.equal(await calls.f(null), 1);
    assert.ok(!moves.some((move) => move.startsWith('test-1 ready ->')), 'the connection stays');
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Report } from '../../examples/tour/report.js';
import { Tally } from '../../examples/tour/tally.js';
import { RpcCode, RpcError } from '../../index.js';

function recorder(isTTY = false) {
  const out = { isTTY, text: '', write: (text: string) => (out.text += text) };
  return out;
}

// The demo proves something only if it can fail.
describe('what the tour reports', () => {
  it('is 0 while everything holds', () => {
    const out = recorder();
    const report = new Report(out);
    report.line('sum', 3);
    report.expect(true, 'nothing to say');
    assert.equal(report.conclude(), 0);
    assert.equal(out.text, '  sum                 3\n\nEverything held.\n');
  });

  it('is 1, and says what, once something did not hold', () => {
    const out = recorder();
    const report = new Report(out);
    report.expect(false, '1 + 2 was 4');
    report.expect(true, 'nothing to say');
    assert.equal(report.conclude(), 1);
    assert.equal(out.text, '  DID NOT HOLD        1 + 2 was 4\n\n1 did not hold:\n  - 1 + 2 was 4\n');
  });

  it('is bold on a terminal only', () => {
    const terminal = recorder(true);
    new Report(terminal).title('title');
    assert.equal(terminal.text, '\u001b[1mtitle\u001b[22m\n');
  });
});

describe('how the tour counts', () => {
  it('tells results, failures by code and delivery, calls that never end, and calls that end twice', async () => {
    const tally = new Tally();
    const lost = new RpcError(RpcCode.ConnectionLost, 'lost', { delivery: 'unknown' });
    assert.equal(await tally.track(Promise.resolve(3)), 3);
    await assert.rejects(tally.track(Promise.reject(lost)), lost);
    assert.deepEqual(await tally.trackCallback((callback) => callback(null, 1, 2)), [1, 2]);
    await assert.rejects(
      tally.trackCallback((callback) => {
        callback(lost);
        callback(null);
      }),
      lost,
    );
    void tally.trackCallback(() => {});
    const { made, settled, ok, again, failed } = tally;
    assert.deepEqual({ made, settled, ok, again }, { made: 5, settled: 4, ok: 2, again: 1 });
    assert.deepEqual([...failed], [['ERR_RPC_CONNECTION_LOST (unknown)', 2]]);
  });

  it('gives quantiles of the latencies', () => {
    const tally = new Tally();
    assert.equal(tally.quantile(0.5), 0);
    for (let n = 0; n < 3; n++) tally.begin()();
    assert.ok(tally.quantile(0) <= tally.quantile(0.5) && tally.quantile(0.5) <= tally.quantile(1));
  });
});

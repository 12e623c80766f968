import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RpcCode, RpcError } from '../../../lib/errors.js';
import type { Line } from '../../../lib/follower/line.js';
import { OpenLines } from '../../../lib/follower/open-lines.js';

const OVER = new RpcError(RpcCode.Closed, 'the test is over');

function fakeLine(state = 'ready') {
  const reasons: RpcError[] = [];
  return { line: { state, destroy: (reason: RpcError) => reasons.push(reason) } as unknown as Line, reasons };
}

describe('OpenLines', () => {
  it('ends at once where no line is open', async () => {
    const lines = new OpenLines();
    lines.add(fakeLine('closed').line);
    assert.equal(lines.size, 0);
    await lines.end(OVER, 60_000);
  });

  it('ends with the last line, and destroys none', async () => {
    const lines = new OpenLines();
    const [one, two] = [fakeLine(), fakeLine()];
    for (const { line } of [one, two]) lines.add(line);
    let isOver = false;
    const ended = lines.end(OVER, 60_000).then(() => {
      isOver = true;
    });
    lines.delete(one.line);
    lines.delete(one.line);
    await new Promise(setImmediate);
    assert.equal(isOver, false);
    lines.delete(two.line);
    await ended;
    assert.deepEqual([one.reasons, two.reasons], [[], []]);
  });

  it('destroys the lines that are open after the time', async () => {
    const lines = new OpenLines();
    const [one, two] = [fakeLine(), fakeLine()];
    for (const { line } of [one, two]) lines.add(line);
    lines.delete(one.line);
    await lines.end(OVER, 1);
    assert.deepEqual([one.reasons, two.reasons], [[], [OVER]]);
  });
});

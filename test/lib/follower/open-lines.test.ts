import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RpcCode, RpcError } from '../../../lib/errors.js';
import type { Line } from '../../../lib/follower/line.js';
import { OpenLines } from '../../../lib/follower/open-lines.js';

const OVER = new RpcError(RpcCode.Closed, 'the test is over');

function fakeLine(closeReason?: RpcError) {
  const told: string[] = [];
  const line = {
    closeReason,
    drain: (_reason: RpcError, ms: number) => told.push(`drain ${ms}`),
    destroy: (reason: RpcError) => told.push(`destroy: ${reason.message}`),
  } as unknown as Line;
  return { line, told };
}

describe('OpenLines', () => {
  it('drains at once where no line is open', async () => {
    const lines = new OpenLines();
    lines.add(fakeLine(OVER).line);
    assert.equal(lines.size, 0);
    await lines.drain(OVER, 60_000);
  });

  it('is drained with the last line', async () => {
    const lines = new OpenLines();
    const [one, two] = [fakeLine(), fakeLine()];
    for (const { line } of [one, two]) lines.add(line);
    let isOver = false;
    const drained = lines.drain(OVER, 60_000).then(() => {
      isOver = true;
    });
    lines.delete(one.line);
    lines.delete(one.line);
    await new Promise(setImmediate);
    assert.equal(isOver, false);
    lines.delete(two.line);
    await drained;
    assert.deepEqual([one.told, two.told], [['drain 60000'], ['drain 60000']]);
  });

  it('waits no longer than its time, and destroys the lines that are open then', async () => {
    const lines = new OpenLines();
    const [one, two] = [fakeLine(), fakeLine()];
    for (const { line } of [one, two]) lines.add(line);
    lines.delete(one.line);
    await lines.drain(OVER, 1);
    lines.destroy(OVER);
    assert.deepEqual([one.told, two.told], [[], ['drain 1', 'destroy: the test is over']]);
  });
});

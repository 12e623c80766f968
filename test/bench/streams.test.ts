import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { peerUrl } from '../../bench/host-process.js';
import type { StreamLoad } from '../../bench/streams/host-protocol.js';
import { ItemCheck, itemOf } from '../../bench/streams/items.js';
import { formatLoad } from '../../bench/streams/report.js';
import { runLoad } from '../../bench/streams/rounds.js';

const PLAIN = peerUrl('plain', new URL('./fixtures/streams/', import.meta.url));
const LOAD: StreamLoad = { kind: 'small', streams: 2, items: 20 };
const SETTINGS = { rounds: 2, warmUps: 1, cores: undefined };

/** The error of a check of three items that got those with these numbers. */
function errorOf(numbers: readonly number[]): string | undefined {
  const check = new ItemCheck('small', 3);
  try {
    for (const number of numbers) check.take(itemOf('small', number));
    check.end();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

describe('the bench of streams', () => {
  it('notices an item that is lost, doubled, out of order or damaged, and an end that comes early', () => {
    assert.equal(errorOf([0, 1, 2]), undefined);
    assert.match(errorOf([0, 2]) ?? '', /expected number 1 .* got number 2$/);
    assert.match(errorOf([0, 0]) ?? '', /expected number 1 .* got number 0$/);
    assert.match(errorOf([1, 0, 2]) ?? '', /expected number 0 .* got number 1$/);
    assert.match(errorOf([0, 1]) ?? '', /^the stream ended after 2 of 3 items$/);
    const large = itemOf('64k', 0);
    assert.ok('data' in large);
    const damaged = { id: 0, data: Uint8Array.from(large.data).fill(0, 32_768) };
    assert.throws(() => new ItemCheck('64k', 1).take(damaged), /wrong item/);
  });

  it('measures peers in processes of their own, and goes on without the one that loses an item', async () => {
    const contestants = [
      { name: 'plain', url: PLAIN },
      { name: 'loses', url: `${PLAIN}?drop=7` },
    ];
    const [plain, loses] = await runLoad(LOAD, contestants, SETTINGS);
    assert.ok(plain !== undefined && 'rounds' in plain);
    assert.equal(plain.rounds.length, 2);
    assert.ok(plain.rounds.every(({ cpuUs, itemsPerSecond }) => cpuUs > 0 && itemsPerSecond > 0));
    assert.ok(loses !== undefined && 'error' in loses);
    assert.match(loses.error, /^loses client: wrong item: expected number 7 /);
  });

  it('compares the CPU time of the peers with that of mailstation, and names goals that are missed', () => {
    const rounds = (cpuUs: number) => [{ cpuUs, itemsPerSecond: 1e6 / cpuUs }];
    const table = formatLoad(LOAD, [
      { name: 'mailstation', rounds: rounds(10) },
      { name: 'grpc', rounds: rounds(35) },
      { name: 'slow', rounds: rounds(50) },
      { name: 'quick', rounds: rounds(15) },
      { name: 'broken', error: 'no answer' },
    ]);
    assert.match(table, /\n {2}grpc .* 3\.50 .* goal 4 MISSED, floor 3 met\n/);
    assert.match(table, /\n {2}slow .* 5\.00 +5\.00 - 5\.00\n/);
    assert.match(table, /\n {2}quick .* 1\.50 .* goal 2 MISSED\n/);
    assert.match(table, /\n {2}broken +FAILED: no answer$/);
  });
});

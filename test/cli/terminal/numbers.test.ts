import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bytes, latency, percent, rate, short, span, whole } from '../../../cli/terminal/numbers.js';

describe('numbers in few columns', () => {
  it('latencies', () => {
    const given = [0, 0.0512, 0.5, 5.123, 51.23, 512.3, 999.4, 999.6, 1_500, 12_345, 99_499, 125_000];
    const shown = [
      '0ms',
      '0.051ms',
      '0.5ms',
      '5.12ms',
      '51.2ms',
      '512ms',
      '999ms',
      '1s',
      '1.5s',
      '12.3s',
      '99.5s',
      '2m05s',
    ];
    assert.deepEqual(given.map(latency), shown);
  });

  it('spans', () => {
    const [second, minute, hour, day] = [1_000, 60_000, 3_600_000, 86_400_000];
    const given = [
      400,
      42 * second,
      59.6 * second,
      3 * minute + 20 * second,
      5 * hour + 7 * minute,
      12 * day + 3 * hour,
    ];
    assert.deepEqual(given.map(span), ['0s', '42s', '1m00s', '3m20s', '5h07m', '12d03h']);
  });

  it('counts and rates', () => {
    assert.deepEqual([0, 7, 999, 1_000, 1_234, 12_345, 999_499, 999_500, 4_500_000].map(short), [
      ...['0', '7', '999', '1k', '1.23k', '12.3k', '999k', '1M', '4.5M'],
    ]);
    assert.deepEqual([0, 0.001, 0.25, 3.52, 12.6, 999.4, 1_234].map(rate), [
      '0',
      '0',
      '0.25',
      '3.5',
      '13',
      '999',
      '1.23k',
    ]);
    assert.equal(whole(1_234_567), '1,234,567');
  });

  it('memory', () => {
    assert.deepEqual([0, 512, 12_288, 356_515_840, 1_342_177_280].map(bytes), ['0B', '512B', '12K', '340M', '1.25G']);
  });

  it('shares: a failure is never rounded away, nor a success', () => {
    const given = [0, 0.0001, 0.5, 0.123, 0.99, 0.999, 0.99999, 1 - 1e-9, 1];
    assert.deepEqual(given.map(percent), ['0%', '<0.1%', '50%', '12.3%', '99%', '99.9%', '99.99%', '99.99%', '100%']);
  });

  it('numbers that are not known', () => {
    for (const text of [latency, span, short, rate, bytes, percent, whole]) {
      assert.equal(text(null), '-');
      assert.equal(text(undefined), '-');
    }
  });
});

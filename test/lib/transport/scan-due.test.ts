import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { scanDue } from '../../../lib/transport/deadline-timer.js';

const itself = (time: number) => time;

describe('scanDue', () => {
  it('hands over what is due, and returns the earliest time of the rest', () => {
    const due: number[] = [];
    assert.equal(
      scanDue([5, 1, 9, 3, 7], 3, itself, (time) => due.push(time)),
      5,
    );
    assert.deepEqual(due, [1, 3]);
  });

  it('returns Infinity where nothing is left', () => {
    assert.equal(
      scanDue([1], 3, itself, () => {}),
      Number.POSITIVE_INFINITY,
    );
  });

  it('allows the collection to change meanwhile', () => {
    const times = new Set([1, 2, 3]);
    const due: number[] = [];
    scanDue(times, 3, itself, (time) => {
      due.push(time);
      times.delete(time);
      times.add(time - 10);
    });
    assert.deepEqual(due, [1, 2, 3]);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { SentBytes } from '../../../lib/stream/sent-bytes.js';

const LEAST = 256 * 1024;

describe('the bytes that are on their way', () => {
  it('are bounded until the peer reports what it has received', () => {
    const bytes = new SentBytes(1_000);
    bytes.sent(LEAST - 1);
    assert.equal(bytes.isFull, false);
    bytes.sent(1);
    assert.equal(bytes.isFull, true);
    assert.equal(bytes.received(1_000), undefined);
    assert.equal(bytes.isFull, false);
  });

  it('have no bound where the peer reports nothing', () => {
    const bytes = new SentBytes(undefined);
    bytes.sent(1e9);
    assert.equal(bytes.isFull, false);
  });

  it('may be two reports of a peer that reports seldom', () => {
    const bytes = new SentBytes(LEAST);
    bytes.sent(2 * LEAST - 1);
    assert.equal(bytes.isFull, false);
  });

  it('may be more by what arrives in the shortest round trip', async () => {
    const bytes = new SentBytes(1_000);
    bytes.sent(LEAST);
    bytes.received(1_000); // the first round trip begins
    bytes.sent(1_000);
    await setTimeout(5);
    bytes.received(LEAST); // and ends: as many bytes less 1,000 have arrived
    assert.equal(bytes.isFull, false);
    bytes.sent(2 * LEAST - 2_001);
    assert.equal(bytes.isFull, false);
    bytes.sent(1);
    assert.equal(bytes.isFull, true);
  });

  it('are no more after a long round trip than after the shortest one', async () => {
    const bytes = new SentBytes(1_000);
    bytes.sent(LEAST);
    bytes.received(LEAST); // the first round trip begins with nothing on its way
    await setTimeout(2);
    bytes.received(LEAST);
    bytes.sent(LEAST);
    await setTimeout(100);
    bytes.received(2 * LEAST); // the same way took many times as long: the bytes waited somewhere
    bytes.sent(LEAST + LEAST / 2);
    assert.equal(bytes.isFull, true);
  });

  it('are never fewer than were reported, and never more than were sent', () => {
    const bytes = new SentBytes(1_000);
    bytes.sent(10);
    assert.match(bytes.received(11) ?? '', /exceeds what was sent/);
    assert.equal(bytes.received(10), undefined);
    assert.match(bytes.received(9) ?? '', /went backwards/);
  });
});

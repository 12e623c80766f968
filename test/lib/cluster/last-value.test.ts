import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LastValue } from '../../../lib/cluster/last-value.js';
import { STOCK_CODEC } from '../../../lib/protocol/codecs.js';
import { EncodedValue } from '../../../lib/protocol/encoded-value.js';

const value = (given: unknown) => EncodedValue.of(given, STOCK_CODEC);

function setUp(isBroadcast: boolean) {
  const given: string[] = [];
  const last = new LastValue<string>(isBroadcast, (receiver, each) => given.push(`${receiver} ${each.decode()}`));
  return { last, given };
}

describe('LastValue', () => {
  it('goes to all receivers, and to a later one', () => {
    const { last, given } = setUp(true);
    last.replay('early');
    assert.deepEqual([last.isReplayed, given], [false, []]);
    last.set(value(1), ['a', 'b']);
    last.set(value(2), ['a']);
    last.replay('late');
    assert.deepEqual([last.isReplayed, given], [true, ['a 1', 'b 1', 'a 2', 'late 2']]);
  });

  it('goes to one receiver, and to no later one, where values are not broadcast', () => {
    const { last, given } = setUp(false);
    last.set(value(1), ['a', 'b', 'c']);
    assert.match(given.join(), /^[abc] 1$/);
    last.replay('late');
    last.set(value(2), []);
    assert.deepEqual([last.isReplayed, given.length], [false, 1]);
  });

  it('is undefined or null as well as anything else', () => {
    const { last, given } = setUp(true);
    last.set(value(null), []);
    last.replay('late');
    assert.deepEqual(given, ['late null']);
  });

  it('goes to the receivers of the moment, though one of them changes the list', () => {
    const receivers = ['a', 'b'];
    const given: string[] = [];
    const last = new LastValue<string>(true, (receiver) => {
      given.push(receiver);
      receivers.push('c');
    });
    last.set(value(1), receivers);
    assert.deepEqual(given, ['a', 'b']);
  });
});

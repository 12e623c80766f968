import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { AnswerTurn } from '../../../lib/serving/answer-turn.js';

/** Much more than is encoded between two readings of the clock. */
const LARGE = 2 ** 20;

let time = 0;

function busy(ms: number): void {
  time += ms;
}

function newTurn(): AnswerTurn {
  return new AnswerTurn(() => time);
}

/** A turn whose time is over. */
function overTurn(): AnswerTurn {
  const turn = newTurn();
  turn.encoded(LARGE);
  busy(11);
  turn.encoded(LARGE);
  return turn;
}

describe('AnswerTurn', () => {
  it('is over when large answers have taken its time, and begins anew in the next turn of the event loop', async () => {
    const turn = newTurn();
    turn.encoded(LARGE);
    assert.equal(turn.isOver, false);
    busy(11);
    assert.equal(turn.isOver, false);
    turn.encoded(LARGE);
    assert.equal(turn.isOver, true);
    await nextTurn();
    assert.equal(turn.isOver, false);
  });

  it('counts answers whose bytes do not show their work', () => {
    const turn = newTurn();
    turn.readClock();
    busy(11);
    turn.readClock();
    assert.equal(turn.isOver, true);
  });

  it('reads no clock for small answers', async () => {
    const turn = newTurn();
    turn.encoded(100);
    busy(11);
    turn.encoded(100);
    assert.equal(turn.isOver, false);
  });

  it('gives waiting answers the time of one turn after the other, and callers their turns', async () => {
    const turn = overTurn();
    const sent: string[] = [];
    const many = { onAnswersWait: () => sent.push('many wait'), onAnswersLeft: () => sent.push('many have left') };
    const one = {};
    const slow = (name: string) => () => {
      busy(6);
      sent.push(name);
    };
    for (const name of ['a', 'b', 'c']) turn.wait(many, slow(name));
    turn.wait(one, slow('x'));
    await nextTurn();
    assert.deepEqual(sent, ['many wait', 'a', 'x']);
    assert.equal(turn.isOver, true);
    await nextTurn();
    assert.deepEqual(sent, ['many wait', 'a', 'x', 'b', 'c', 'many have left']);
    await nextTurn();
    assert.equal(turn.isOver, false);
  });

  it('runs an answer in the async context of its call', async () => {
    const turn = overTurn();
    const store = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    for (const name of ['first', 'second']) store.run(name, () => turn.wait({}, () => seen.push(store.getStore())));
    await nextTurn();
    assert.deepEqual(seen, ['first', 'second']);
  });
});

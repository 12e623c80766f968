import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Lifecycle, type Transitions } from '../../lib/lifecycle.js';

type Door = 'open' | 'shut' | 'walled up';
const DOOR: Transitions<Door> = { open: ['shut'], shut: ['open', 'walled up'], 'walled up': [] };

describe('Lifecycle', () => {
  for (const from of Object.keys(DOOR) as Door[]) {
    for (const to of Object.keys(DOOR) as Door[]) {
      const allowed = DOOR[from].includes(to);
      it(`${allowed ? 'moves' : 'refuses to move'} from ${from} to ${to}`, () => {
        const moves: unknown[][] = [];
        const life = new Lifecycle<Door>(from, DOOR, (...move) => moves.push(move));
        const reason = new Error('why');
        assert.equal(life.move(to, reason), allowed);
        assert.equal(life.state, allowed ? to : from);
        assert.deepEqual(moves, allowed ? [[to, from, reason]] : []);
      });
    }
  }

  it('has changed its state already when it tells of the move', () => {
    const life: Lifecycle<Door> = new Lifecycle<Door>('open', DOOR, (to) => assert.equal(life.state, to));
    assert.equal(life.move('shut'), true);
  });

  it('may be moved on from within a move', () => {
    const seen: string[] = [];
    const life: Lifecycle<Door> = new Lifecycle<Door>('open', DOOR, (to) => {
      seen.push(to);
      if (to === 'shut') life.move('walled up');
    });
    life.move('shut');
    assert.deepEqual(seen, ['shut', 'walled up']);
    assert.equal(life.state, 'walled up');
  });
});

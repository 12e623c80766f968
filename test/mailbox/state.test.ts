import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Lifecycle } from '../../lib/lifecycle.js';
import { MAILBOX_TRANSITIONS, type MailBoxState } from '../../mailbox/state.js';

const STATES = Object.keys(MAILBOX_TRANSITIONS) as MailBoxState[];

/** The picture, written down once more: state -> what happens there -> where that leads. */
const EVENTS: Record<MailBoxState, Partial<Record<string, MailBoxState>>> = {
  idle: { 'connect()': 'connecting', 'close() with a retired line': 'draining', 'close()': 'closed' },
  connecting: {
    registered: 'ready',
    'registered, with hooks': 'preparing',
    failed: 'backoff',
    'close() with retired lines': 'draining',
    'close()': 'closed',
  },
  preparing: {
    'hooks done': 'ready',
    'hooks failed': 'backoff',
    lost: 'backoff',
    goaway: 'backoff',
    'idle for long': 'idle',
    'close() with calls': 'draining',
    'close()': 'closed',
  },
  ready: {
    lost: 'backoff',
    goaway: 'backoff',
    'idle for long': 'idle',
    'close() with calls': 'draining',
    'close()': 'closed',
  },
  backoff: {
    due: 'connecting',
    'due, after hooks failed': 'preparing',
    'close() with retired lines': 'draining',
    'close()': 'closed',
  },
  draining: { 'last answer': 'closed', drainTimeout: 'closed', 'close(true)': 'closed' },
  closed: {},
};

describe('the states of a mailbox', () => {
  for (const from of STATES) {
    const reachable = new Set(Object.values(EVENTS[from]));
    for (const to of STATES) {
      it(`${reachable.has(to) ? 'go' : 'do not go'} from ${from} to ${to}`, () => {
        let moves = 0;
        const life = new Lifecycle<MailBoxState>(from, MAILBOX_TRANSITIONS, () => {
          moves += 1;
        });
        assert.equal(life.move(to), reachable.has(to));
        assert.deepEqual([life.state, moves], reachable.has(to) ? [to, 1] : [from, 0]);
      });
    }
  }

  it('ignore a connection that lands after close', () => {
    const life = new Lifecycle<MailBoxState>('connecting', MAILBOX_TRANSITIONS, () => {});
    life.move('closed');
    assert.equal(life.move('ready'), false);
  });

  it('can all be closed, and nothing follows that', () => {
    for (const from of STATES) {
      if (from !== 'closed') assert.ok((MAILBOX_TRANSITIONS[from] as readonly string[]).includes('closed'), from);
    }
    assert.deepEqual(MAILBOX_TRANSITIONS.closed, []);
  });
});

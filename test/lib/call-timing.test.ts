import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CallTiming } from '../../lib/call-timing.js';
import { type Explained, explain } from '../../lib/explain-timing.js';

const NOTHING: CallTiming = {
  totalMs: 0,
  routingMs: 0,
  beforeFiltersMs: 0,
  connectingMs: 0,
  pendingMs: 0,
  unansweredMs: 0,
  afterFiltersMs: 0,
  earlierMs: 0,
  stallMs: 0,
  connectAttempts: 0,
  server: undefined,
};
const server = { saidAfterMs: 452, heldMs: 448, isRunning: true, wireMs: 2, stallMs: 0 };
const said = { stage: 'unansweredMs', ms: 500 } as const;

const cases: [what: string, timing: Partial<CallTiming>, about: Explained, text: string][] = [
  ['nothing where nothing took time', {}, {}, ''],
  ['nothing where the message has said it', { totalMs: 503, unansweredMs: 503 }, { said }, ''],
  ['the only stage where nothing was said', { totalMs: 503, unansweredMs: 503 }, {}, ' (503 ms unanswered)'],
  [
    'when it was noticed, where that was late',
    { totalMs: 2_003, unansweredMs: 2_003, stallMs: 1_980 },
    { said },
    ' (2003 ms unanswered; longest event loop stall: ours 1980 ms)',
  ],
  [
    'every stage that took time, in order',
    {
      totalMs: 21,
      routingMs: 1,
      beforeFiltersMs: 2,
      connectingMs: 3,
      pendingMs: 4,
      unansweredMs: 5,
      afterFiltersMs: 6,
    },
    { said },
    ' (1 ms in routing, 2 ms in before filters, 3 ms waiting for a connection, 4 ms waiting for room on its connection,' +
      ' 5 ms unanswered, 6 ms in after filters)',
  ],
  [
    'what the server said',
    { totalMs: 500, connectingMs: 2, unansweredMs: 498, stallMs: 3, server: { ...server, stallMs: 4 } },
    { said },
    ' (2 ms waiting for a connection, 498 ms unanswered; the server reported after 452 ms: received 448 ms before,' +
      " still running, 2 ms on the wire; longest event loop stall: ours 3 ms, the server's 4 ms)",
  ],
  [
    'the server’s stall alone',
    { totalMs: 500, unansweredMs: 500, server: { ...server, wireMs: 0, stallMs: 300 } },
    { said },
    " (the server reported after 452 ms: received 448 ms before, still running; longest event loop stall: the server's 300 ms)",
  ],
  [
    'that the method was not even called',
    { totalMs: 500, unansweredMs: 500, server: { ...server, isRunning: false } },
    { said },
    ' (the server reported after 452 ms: received 448 ms before, not started yet, 2 ms on the wire)',
  ],
  [
    'that the server sent no report',
    { totalMs: 500, unansweredMs: 500 },
    { said, isServerSilent: true },
    ' (the server sent no report: its event loop is blocked, or the request or the answer is still on the way)',
  ],
  [
    'nothing against the server where we could not have heard it',
    { totalMs: 900, unansweredMs: 900, stallMs: 600 },
    { said, isServerSilent: true },
    ' (900 ms unanswered; no report of the server was read; longest event loop stall: ours 600 ms)',
  ],
  ['no stall twice', { totalMs: 500, unansweredMs: 500, stallMs: 9 }, { isStallSaid: true }, ' (500 ms unanswered)'],
];

describe('explain', () => {
  for (const [what, timing, about, text] of cases) {
    it(`says ${what}`, () => assert.equal(explain({ ...NOTHING, ...timing }, about), text));
  }
});

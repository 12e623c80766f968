import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Snapshot } from '../../dashboard/snapshot.js';
import { Board } from '../../dashboard/state/board.js';
import { Calls } from '../../dashboard/state/calls.js';
import { call, failure, serve } from '../behaviour/support.js';
import { cookieOf, dashboardOf, stateWith } from './support.js';

describe('a fault of the dashboard', () => {
  it('ends no program: it is logged once, shown as a change, and the next states come', async (t) => {
    const served = await serve(t, { f: () => 1 });
    const next = t.mock.method(Board.prototype, 'next');
    const { dashboard, base, lines } = await dashboardOf(t, { servers: [`127.0.0.1:${served.port}`] });
    const cookie = await cookieOf(dashboard.url);
    const before = await stateWith(base, cookie, ({ state }) => state.servers['test-1']?.status === 'serving');
    next.mock.mockImplementation(() => {
      throw new TypeError('no such \u001b[31mfield');
    });
    const broken = await stateWith(base, cookie, ({ seq, state }) => seq > before.seq + 3 && hasFault(state));
    assert.equal(broken.state.servers['test-1']?.status, 'serving', 'the last figures stay');
    next.mock.restore();
    await served.server.stop(true);
    const after = await stateWith(base, cookie, ({ state }) => state.servers['test-1']?.status !== 'serving');
    assert.ok(hasFault(after.state));
    const faults = lines.filter((line) => line.includes('a fault of the dashboard'));
    assert.equal(faults.length, 1, lines.join('\n'));
    assert.match(faults[0] ?? '', /no such \\u001b\[31mfield.*TypeError/s);
  });

  it('in the first state, and in what a client tells, is no end either', async (t) => {
    const { calls, client } = await call(t, [await serve(t, { fails: () => Promise.reject(new Error('no')) })]);
    const next = t.mock.method(Board.prototype, 'next', () => {
      throw new TypeError('at the first');
    });
    const { dashboard, base } = await dashboardOf(t, { client: client as never });
    const cookie = await cookieOf(dashboard.url);
    const first = await stateWith(base, cookie, ({ state }) => hasFault(state));
    assert.deepEqual([first.state.servers, first.totals.servers], [{}, 0]);
    next.mock.restore();
    // Thrown to the channel of calls, the error would be uncaught.
    t.mock.method(Calls.prototype, 'takeOwn', () => {
      throw new TypeError('of a call');
    });
    await failure(calls.fails(null));
    const both = await stateWith(base, cookie, ({ state }) => faultsOf(state).length === 2);
    assert.match(faultsOf(both.state).join('\n'), /at the first\n.*of a call/);
    assert.equal(both.state.servers['test-1']?.id, 'test-1');
  });
});

function hasFault(state: Snapshot['state']): boolean {
  return faultsOf(state).length > 0;
}

function faultsOf({ events }: Snapshot['state']): string[] {
  return Object.values(events).flatMap(({ kind, text }) => (kind === 'fault' ? [text] : []));
}

import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { resolveClusterOptions } from '../../../../lib/cluster/options.js';
import { LeaderChannel } from '../../../../lib/cluster/real-client/leader-channel.js';
import { StartingClient } from '../../../../lib/cluster/real-client/starting-client.js';
import { mockClock, tick } from '../../transport/support.js';
import { generated, heard } from '../support.js';

/** Starts real clients, of which so many fail. */
function setUp(t: TestContext, failures: number, failure: unknown = new Error('down')) {
  const clock = mockClock(t);
  const events: string[] = [];
  let made = 0;
  class Real {
    readonly number = ++made;
    ready() {
      events.push('made');
      return this.number > failures ? Promise.resolve() : Promise.reject(failure);
    }
    close() {
      events.push('closed');
    }
  }
  const warnings: string[] = [];
  const logger = { info: () => {}, warn: (line: string) => void warnings.push(line), error: () => {} };
  const options = resolveClusterOptions({ name: 'Data', logger }, 'Data');
  const starting = new StartingClient(
    () => new LeaderChannel(() => new Real(), generated(Real), options, heard()),
    options,
    {
      onReady: () => void events.push('ready'),
      onFailed: (error) => void events.push(error.message),
    },
  );
  const settle = async () => {
    for (let turn = 0; turn < 3; turn++) await tick();
  };
  return { clock, events, warnings, starting, settle };
}

describe('StartingClient', () => {
  it('makes another real client after 1 s, 2 s, 4 s ... and 30 s at most, and closes each that failed', async (t) => {
    const { clock, events, warnings, starting, settle } = setUp(t, 8);
    starting.start();
    await settle();
    assert.deepEqual(events.splice(0), ['made', 'down']);
    for (const wait of [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
      clock.advance(wait - 1);
      await settle();
      assert.deepEqual(events, [], `not before ${wait} ms`);
      clock.advance(1);
      await settle();
      assert.deepEqual(events.splice(0), ['closed', 'made', 'down']);
    }
    assert.equal(warnings.length, 1, 'the same failure is logged once');
    await starting.close();
  });

  it('names the real client where that gave no error', async (t) => {
    const { events, starting, settle } = setUp(t, 1, null);
    starting.start();
    await settle();
    assert.deepEqual(events, ['made', 'the real client of Data gave no error']);
    await starting.close();
  });

  it('is ready when one is, and closes that one at the end', async (t) => {
    const { clock, events, warnings, starting, settle } = setUp(t, 1);
    starting.start();
    await settle();
    clock.advance(1_000);
    await settle();
    await starting.close();
    assert.deepEqual(events, ['made', 'down', 'closed', 'made', 'ready', 'closed']);
    assert.match(warnings.at(-1) ?? '', /the real client of Data is ready now/);
  });

  it('makes none after the end', async (t) => {
    const { clock, events, starting, settle } = setUp(t, 9);
    starting.start();
    await settle();
    await starting.close();
    clock.advance(60_000);
    await settle();
    assert.deepEqual(events, ['made', 'down', 'closed']);
    assert.equal(clock.timers, 0);
  });
});

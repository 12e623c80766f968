import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { describe, it } from 'node:test';
import { Emitter } from '../../lib/emitter.js';
import { until, untilEvent } from './until.js';

describe('until', () => {
  it('resolves with the first truthy value', async () => {
    let polls = 0;
    const value = await until(() => (++polls === 3 ? 'third' : undefined), { what: 'the third poll' });
    assert.equal(value, 'third');
    assert.equal(polls, 3);
  });

  it('waits for what takes real time', async () => {
    let isDone = false;
    setTimeout(() => {
      isDone = true;
    }, 30);
    await until(() => isDone, { what: 'the timer' });
  });

  it('says what did not happen', async () => {
    await assert.rejects(
      until(() => false, { what: 'the standby to lead', timeoutMs: 10 }),
      {
        message: 'waited 10 ms in vain for the standby to lead',
      },
    );
  });

  it('ends at once with the error of a probe that fails', async () => {
    const broken = () => Promise.reject(new Error('broken'));
    await assert.rejects(until(broken, { what: 'nothing' }), { message: 'broken' });
  });

  it('waits in real time while the test mocks its timers', async (t) => {
    t.mock.timers.enable();
    await assert.rejects(
      until(() => false, { what: 'nothing', timeoutMs: 10 }),
      /in vain/,
    );
  });
});

describe('untilEvent', () => {
  it("resolves with the event's arguments", async () => {
    const emitter = new EventEmitter();
    const seen = untilEvent(emitter, 'state', { what: 'a state' });
    emitter.emit('state', 'ready', 'connecting');
    assert.deepEqual(await seen, ['ready', 'connecting']);
  });

  it("takes the library's own emitters", async () => {
    const emitter = new Emitter<{ state: [to: string] }>();
    const seen = untilEvent(emitter, 'state', { what: 'a state' });
    emitter.emit('state', 'ready');
    assert.deepEqual(await seen, ['ready']);
    assert.deepEqual(emitter.eventNames(), []);
  });

  it('rejects with an error that comes first', async () => {
    const emitter = new EventEmitter();
    const seen = untilEvent(emitter, 'state', { what: 'a state' });
    emitter.emit('error', new Error('broken'));
    await assert.rejects(seen, { message: 'broken' });
  });

  it('says what did not happen, and leaves no listener', async () => {
    const emitter = new EventEmitter();
    await assert.rejects(untilEvent(emitter, 'state', { what: 'a state', timeoutMs: 10 }), {
      message: 'waited 10 ms in vain for a state',
    });
    assert.equal(emitter.listenerCount('state'), 0);
  });
});

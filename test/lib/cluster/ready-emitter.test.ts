import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ReadyEmitter } from '../../../lib/cluster/ready-emitter.js';
import { tick } from '../transport/support.js';
import { catchUncaught } from './support.js';

const broken = new Error('broken');

describe('ReadyEmitter', () => {
  it('becomes ready for all who wait, and those who come later', async () => {
    const emitter = new ReadyEmitter();
    const told: unknown[] = [];
    emitter.ready((error) => told.push(['callback', error]));
    emitter.once('ready', () => told.push('event'));
    const waiting = emitter.ready();
    assert.equal(emitter.isReady, false);
    emitter.ready(true);
    assert.equal(emitter.isReady, true);
    await waiting;
    await emitter.ready();
    assert.deepEqual(told, ['event', ['callback', undefined]]);
  });

  it('never calls back before it has returned', async () => {
    const emitter = new ReadyEmitter();
    emitter.ready(true);
    let isCalled = false;
    emitter.ready(() => {
      isCalled = true;
    });
    assert.equal(isCalled, false);
    await tick();
    assert.equal(isCalled, true);
  });

  it('fails for all who wait, and those who come later', async () => {
    const emitter = new ReadyEmitter();
    const waiting = assert.rejects(emitter.ready(), broken);
    emitter.ready(broken);
    await waiting;
    await assert.rejects(emitter.ready(), broken);
    assert.equal(emitter.isReady, false);
  });

  it('emits the failure that nobody waits for', () => {
    const emitter = new ReadyEmitter();
    const errors: unknown[] = [];
    emitter.on('error', (error) => errors.push(error));
    emitter.ready(broken);
    assert.deepEqual(errors, [broken]);
  });

  it('may become ready after it has failed, and cease to be', async () => {
    const emitter = new ReadyEmitter();
    emitter.on('error', () => {});
    emitter.ready(broken);
    emitter.ready(true);
    await emitter.ready();
    emitter.ready(false);
    assert.equal(emitter.isReady, false);
    let isTold = false;
    const again = emitter.ready().then(() => {
      isTold = true;
    });
    await tick();
    assert.equal(isTold, false);
    emitter.ready(true);
    await again;
  });

  it('tells the others though one callback throws', async (t) => {
    const thrown = catchUncaught(t);
    const emitter = new ReadyEmitter();
    emitter.ready(() => {
      throw broken;
    });
    const other = emitter.ready();
    emitter.ready(true);
    await other;
    await tick();
    assert.deepEqual(thrown, [broken]);
  });

  it('waits for an event, and for the first of several', async () => {
    const emitter = new ReadyEmitter();
    const one = emitter.await('a');
    const first = emitter.awaitFirst(['a', 'b']);
    emitter.emit('b', 1, 2);
    emitter.emit('a', 3);
    assert.equal(await one, 3);
    assert.deepEqual(await first, { event: 'b', args: [1, 2] });
    assert.deepEqual([emitter.listenerCount('a'), emitter.listenerCount('b')], [0, 0]);
  });

  it("bears what is done to Node's emitters", () => {
    const emitter = new ReadyEmitter();
    assert.equal(emitter.setMaxListeners(100), emitter);
    assert.equal(emitter.getMaxListeners(), Number.POSITIVE_INFINITY);
  });
});

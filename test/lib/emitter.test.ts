import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Emitter } from '../../lib/emitter.js';

type Events = { state: [to: string]; error: [error: Error] };

describe('Emitter', () => {
  it('tells its listeners', () => {
    const emitter = new Emitter<Events>();
    const seen: string[] = [];
    emitter.on('state', (to) => seen.push(to));
    assert.equal(emitter.emit('state', 'ready'), true);
    assert.deepEqual(seen, ['ready']);
    assert.equal(new Emitter<Events>().emit('state', 'ready'), false);
  });

  it('logs an error that nobody listens to, with its stack', (t) => {
    const log = t.mock.method(console, 'error', () => {});
    new Emitter<Events>().emit('error', new Error('lost'));
    assert.equal(log.mock.callCount(), 1);
    assert.match(
      String(log.mock.calls[0]?.arguments[0]),
      /^mailstation: an error event without a listener: Error: lost\n +at /,
    );
  });

  it('does not log an error that somebody listens to', (t) => {
    const log = t.mock.method(console, 'error', () => {});
    const emitter = new Emitter<Events>();
    emitter.on('error', () => {});
    emitter.emit('error', new Error('heard'));
    assert.equal(log.mock.callCount(), 0);
  });
});

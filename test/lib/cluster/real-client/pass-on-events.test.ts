import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import { EventEmitter as EventEmitter3 } from 'eventemitter3';
import { passOnEvents } from '../../../../lib/cluster/real-client/pass-on-events.js';

const SdkBase: new () => EventEmitter = createRequire(import.meta.url)('sdk-base');

function passing<T extends object>(from: T): { from: T; told: unknown[] } {
  const told: unknown[] = [];
  passOnEvents(from, (event, args) => told.push([event, ...args]));
  return { from, told };
}

describe('passOnEvents', () => {
  for (const [name, Emitter] of [
    ['EventEmitter', EventEmitter],
    ['eventemitter3', EventEmitter3 as unknown as typeof EventEmitter],
    ['sdk-base', SdkBase],
  ] as const) {
    it(`tells of the events of ${name}, after its own listeners`, () => {
      const { from, told } = passing(new Emitter());
      from.on('changed', (value) => told.push(`own ${value}`));
      assert.equal(from.emit('changed', 1, 2), true);
      assert.equal(from.emit('unheard'), false);
      assert.deepEqual(told, ['own 1', ['changed', 1, 2], ['unheard']]);
    });

    it(`takes an error of ${name} for heard`, (t) => {
      t.mock.method(console, 'error', () => {});
      const { from, told } = passing(new Emitter());
      const error = new Error('broken');
      assert.equal(from.emit('error', error), true);
      assert.deepEqual(told, [['error', error]]);
    });
  }

  it("keeps an emitter's own concerns to itself", () => {
    const { from, told } = passing(new EventEmitter());
    from.on('a', () => {}).removeAllListeners();
    from.emit(Symbol('private'));
    assert.deepEqual(told, []);
  });

  it('leaves what is no emitter as it is', () => {
    const plain = { emit: 1 };
    passing(plain);
    assert.deepEqual(plain, { emit: 1 });
  });

  it('bears an emitter that has nothing but emit', () => {
    const { from, told } = passing({ emit: (..._args: unknown[]) => 'heard' });
    assert.equal(from.emit('a', 1), 'heard');
    assert.deepEqual(told, [['a', 1]]);
  });
});

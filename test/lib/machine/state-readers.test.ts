import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { StoreHost } from '../../../lib/machine/store-host.js';
import { MemoryEngine } from '../../../lib/registry/memory/memory-engine.js';
import { until } from '../../support/until.js';

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

/** Reads the state of now, and leaves. */
async function comeAndGo(host: StoreHost): Promise<WeakRef<object>> {
  const states = host.states();
  const reader = states.getReader();
  assert.equal((await reader.read()).value?.connected, true);
  await reader.cancel();
  return new WeakRef(states);
}

describe('the readers of the state of a connection', () => {
  it('are freed when they have left, though the connection has not changed', async (t) => {
    const host = new StoreHost(() => new MemoryEngine());
    t.after(() => host.close());
    const left = await Promise.all(Array.from({ length: 50 }, () => comeAndGo(host)));
    await until(
      () => {
        collect();
        return left.every((states) => states.deref() === undefined);
      },
      { what: 'the readers to be freed' },
    );
  });

  it('hear of each change, those too that come after others have left', async (t) => {
    const own = new MemoryEngine();
    const host = new StoreHost(() => own);
    t.after(() => host.close());
    await comeAndGo(host);
    const readers = [host.states().getReader(), host.states().getReader()];
    const heard = async (): Promise<unknown[]> =>
      Promise.all(readers.map(async (reader) => (await reader.read()).value?.connected));
    assert.deepEqual(await heard(), [true, true]);
    own.link = 'cut';
    assert.deepEqual(await heard(), [false, false]);
    await readers.shift()?.cancel();
    own.link = 'open';
    assert.deepEqual(await heard(), [true]);
    await readers.shift()?.cancel();
    own.link = 'cut'; // the loop ends here, and begins with the next reader
    await new Promise(setImmediate);
    readers.push(host.states().getReader());
    assert.deepEqual(await heard(), [false]);
    own.link = 'open';
    assert.deepEqual(await heard(), [true]);
  });
});

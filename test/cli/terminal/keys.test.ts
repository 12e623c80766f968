import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, it } from 'node:test';
import type { ReadStream } from 'node:tty';
import { type Key, readKeys } from '../../../cli/terminal/keys.js';
import { until } from '../../support/until.js';

/** Keys of the bytes that a terminal sends. */
async function keysOf(bytes: string, count: number): Promise<Key[]> {
  const input = new PassThrough();
  const keys: Key[] = [];
  const stop = readKeys(input as unknown as ReadStream, (key) => keys.push(key));
  input.write(bytes);
  await until(() => keys.length >= count, { what: `${count} keys of ${JSON.stringify(bytes)}` });
  stop();
  return keys;
}

describe('keys', () => {
  it('have the name of their character, and write it', async () => {
    const keys = await keysOf('qR/?é日', 6);
    assert.deepEqual(
      keys.map(({ name }) => name),
      ['q', 'R', '/', '?', 'é', '日'],
    );
    assert.ok(keys.every(({ name, text }) => text === name));
  });

  it('have names where they write nothing', async () => {
    const bytes = '\x1b[A\x1b[B\x1b[C\x1b[D\x1b[5~\x1b[6~\x1b[H\x1b[F\t\r\x7f\x03\x1a\x0c';
    const names = ['up', 'down', 'right', 'left', 'pageup', 'pagedown', 'home', 'end', 'tab', 'return', 'backspace'];
    const keys = await keysOf(bytes, 14);
    assert.deepEqual(
      keys.map(({ name }) => name),
      [...names, 'ctrl-c', 'ctrl-z', 'ctrl-l'],
    );
    assert.ok(keys.every(({ text }) => text === ''));
  });

  it('tell escape alone from the begin of a sequence', async () => {
    assert.deepEqual(await keysOf('\x1b', 1), [{ name: 'escape', text: '' }]);
  });

  it('are read no more after the end', async () => {
    const input = new PassThrough();
    const keys: Key[] = [];
    readKeys(input as unknown as ReadStream, (key) => keys.push(key))();
    input.write('q');
    await new Promise(setImmediate);
    assert.deepEqual(keys, []);
  });
});

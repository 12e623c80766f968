import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CLIENT_NAMES, canonicalOptions } from '../../lib/compat/option-names.js';
import { type MailBoxOptions, resolveMailBoxOptions } from '../../mailbox/index.js';

describe('resolveMailBoxOptions', () => {
  it('has the defaults that it documents', () => {
    assert.deepEqual(resolveMailBoxOptions({}), {
      connectTimeout: 3_000,
      flushInterval: 0,
      keepalive: 10_000,
      idleTimeout: 0,
      drainTimeout: 3_000,
      maxFrameBytes: 4 * 1024 * 1024,
      frameTimeout: 10_000,
      maxInFlight: 50_000,
      streamWindow: { items: 256, bytes: 256 * 1024, total: 8 * 1024 * 1024 },
      maxQueuedBytes: 16 * 1024 * 1024,
      codecs: ['msgpack', 'json'],
    });
  });

  it('gathers for `interval` with bufferMsg, also under its older name', () => {
    assert.equal(resolveMailBoxOptions({ bufferMsg: true }).flushInterval, 50);
    const older: MailBoxOptions = { buffMsg: true, interval: 7 };
    assert.equal(resolveMailBoxOptions(canonicalOptions(older, CLIENT_NAMES)).flushInterval, 7);
    assert.equal(resolveMailBoxOptions({ bufferMsg: false, interval: 7 }).flushInterval, 0);
  });

  it('takes zero and false for values', () => {
    const options: MailBoxOptions = { idleTimeout: 0, drainTimeout: 0, maxQueuedBytes: 0, bufferMsg: false };
    const { idleTimeout, drainTimeout, maxQueuedBytes } = resolveMailBoxOptions(options);
    assert.deepEqual([idleTimeout, drainTimeout, maxQueuedBytes], [0, 0, 0]);
  });

  it('copies the list of codecs', () => {
    const codecs: ('json' | 'msgpack')[] = ['json'];
    const resolved = resolveMailBoxOptions({ codecs });
    codecs.push('msgpack');
    assert.deepEqual(resolved.codecs, ['json']);
  });
});

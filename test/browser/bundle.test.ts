import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { loadPage, pageBundle } from './page-files.js';

/** Bound of the client that a page loads. Unit: KiB, gzipped */
const MAX_KIB = 36.67;

describe('the client for web pages', () => {
  it(`takes at most ${MAX_KIB} KiB, gzipped`, async (t) => {
    const bytes = gzipSync(await pageBundle(), { level: 9 }).length;
    t.diagnostic(`${(bytes / 1024).toFixed(1)} KiB gzipped`);
    assert.ok(bytes <= MAX_KIB * 1024, `${(bytes / 1024).toFixed(1)} KiB; what has grown, and does a page need it?`);
  });

  it('is one module that imports no other', async () => {
    // The bundler refuses an import that is left. In a folder of its own, no package could be found either.
    assert.deepEqual(Object.keys(await loadPage()).sort(), [
      'Client',
      'RpcCode',
      'RpcError',
      'createClient',
      'findCause',
    ]);
  });

  it('has none of the words that only Node knows', async () => {
    assert.doesNotMatch(await pageBundle(), /\bnode:|\bBuffer\.|\bprocess\.|\bsetImmediate\b|\b__dirname\b/);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { pageBundle } from './page-files.js';

/** Bound of the client that a page loads. Unit: KiB, gzipped */
const MAX_KIB = 34;

describe('the client for web pages', () => {
  it(`takes at most ${MAX_KIB} KiB, gzipped`, async (t) => {
    const bytes = gzipSync(await pageBundle(), { level: 9 }).length;
    t.diagnostic(`${(bytes / 1024).toFixed(1)} KiB gzipped`);
    assert.ok(bytes <= MAX_KIB * 1024, `${(bytes / 1024).toFixed(1)} KiB; what has grown, and does a page need it?`);
  });

  it('is one module that imports no other', async () => {
    // From a data: URL no other module can be imported, not even one of Node by a relative path.
    const url = `data:text/javascript,${encodeURIComponent(await pageBundle())}`;
    const loaded = (await import(url)) as Record<string, unknown>;
    assert.deepEqual(Object.keys(loaded).sort(), ['Client', 'RpcCode', 'RpcError', 'createClient']);
  });

  it('has none of the words that only Node knows', async () => {
    assert.doesNotMatch(await pageBundle(), /\bnode:|\bBuffer\.|\bprocess\.|\bsetImmediate\b|\b__dirname\b/);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readText } from '../architecture/house.js';
import { parityRows, renderPage } from './support/table.js';

/** How many lines each list has; a part of a line (`client.01.router`) stands for it. */
const LINES = { client: 23, server: 6, shared: 10, fault: 28 };

const GUIDES = ['docs/migrating-from-pomelo-rpc.md', 'docs/migrating-from-cluster-client.md'];

describe('docs/parity.md', async () => {
  const rows = await parityRows();

  it('is what the tests say: node --import tsx scripts/parity.mjs writes it', () => {
    assert.equal(readText('docs/parity.md'), renderPage(rows));
  });

  it('leaves nothing out', () => {
    const wanted = Object.entries(LINES).flatMap(([list, count]) =>
      Array.from({ length: count }, (_, at) => `${list}.${String(at + 1).padStart(2, '0')}`),
    );
    const told = new Set(rows.map(({ id }) => id.split('.').slice(0, 2).join('.')));
    assert.deepEqual([...told].sort(), wanted.sort());
  });

  it('says nothing twice', () => {
    const ids = rows.map(({ id }) => id);
    assert.deepEqual([...new Set(ids)], ids);
  });

  it('has what is retired or not there yet in the guides for those who move', () => {
    const guide = GUIDES.map(readText).join();
    const named = rows.filter(({ standing }) => standing === 'retired' || standing === 'open');
    const missing = named.map(({ id }) => id).filter((id) => !guide.includes(id));
    assert.deepEqual(missing, []);
  });

  it('has every test that the guides name', () => {
    const ids = rows.map(({ id }) => id);
    const named = [
      ...GUIDES.map(readText)
        .join()
        .matchAll(/\b(?:client|server|shared|fault)\.\d\d(?:\.\w+)?/g),
    ].map(([id]) => id);
    // A line may be named whole, for all its parts.
    const unknown = named.filter((id) => !ids.some((known) => known === id || known.startsWith(`${id}.`)));
    assert.deepEqual(unknown, []);
  });
});

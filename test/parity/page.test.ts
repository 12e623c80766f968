import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { ROOT } from '../architecture/house.js';
import { parityRows, renderPage } from './support/table.js';

/** How many lines each list has; a part of a line (`client.01.router`) stands for it. */
const LINES = { client: 23, server: 6, fault: 28 };

describe('docs/parity.md', async () => {
  const rows = await parityRows();

  it('is what the tests say: node --import tsx scripts/parity.mjs writes it', () => {
    assert.equal(readFileSync(`${ROOT}docs/parity.md`, 'utf8'), renderPage(rows));
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

  it('has what is retired or not there yet in the guide for those who move', () => {
    const guide = readFileSync(`${ROOT}docs/migrating-from-pomelo-rpc.md`, 'utf8');
    const named = rows.filter(({ standing }) => standing === 'retired' || standing === 'open');
    const missing = named.map(({ id }) => id).filter((id) => !guide.includes(id));
    assert.deepEqual(missing, []);
  });
});

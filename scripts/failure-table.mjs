/** Writes the table of docs/failure.md from what the tests expect: `node --import tsx scripts/failure-table.mjs`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { renderTable } from '../test/behaviour/failure-table.js';

const page = new URL('../docs/failure.md', import.meta.url);
const table = /^\| what goes wrong .*(?:\n\|.*)*$/m;
const text = readFileSync(page, 'utf8');
if (!table.test(text)) throw new Error('docs/failure.md has no table that begins with "| what goes wrong"');
writeFileSync(
  page,
  text.replace(table, () => renderTable()),
);

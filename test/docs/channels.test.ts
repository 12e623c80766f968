import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readText } from '../architecture/house.js';
import { runPageProgram } from './page-program.js';

const PAGE = 'docs/channels.md';

describe(PAGE, () => {
  it('shows a program that prints what the page says', async (t) => {
    const { printed, expected } = await runPageProgram(t, PAGE, 'trace.js');
    assert.equal(printed, expected);
  });

  it('names every channel of the package, and no other', () => {
    const published = [...readText('lib/channels.ts').matchAll(/'(mailstation:[\w:]+)'/g)].map(([, name]) => name);
    const [, table = ''] = readText(PAGE).split('| name |');
    const named = [...table.matchAll(/^\| `(mailstation:[\w:]+)`/gm)].map(([, name]) => name);
    assert.ok(published.length > 2);
    assert.deepEqual(named, published);
  });

  it('has a table with every field of each message', () => {
    const messages = [
      ...readText('lib/channels.ts').matchAll(/^export interface \w+(?: extends [^{]+)? \{\n(.*?)^\}/gms),
    ];
    const declared = messages.map(([, body = '']) =>
      [...body.matchAll(/^ {2}(?:readonly )?(\w+)\??:/gm)].map(([, name]) => name),
    );
    const tables = readText(PAGE)
      .split(/^\| field \|.*\n\|[-|]+\n/m)
      .slice(1);
    const shown = tables.map((text) => {
      const [rows = ''] = text.split('\n\n');
      return rows
        .split('\n')
        .flatMap((row) => [...(row.split(' | ')[0] ?? '').matchAll(/`(\w+)`/g)].map(([, name]) => name));
    });
    assert.equal(declared.length, 7);
    assert.deepEqual(shown, declared);
  });
});

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { it } from 'node:test';
import { ROOT, readText } from '../architecture/house.js';

/** Part of a page with a table whose last column names tests. */
export interface Checklist {
  readonly page: string;
  /** Headings at which the part begins and ends. @default the end of the page */
  readonly from: string;
  readonly to?: string;
  /** First cell of the table's head. */
  readonly head: string;
  /** Rows that there must be at least. */
  readonly rows: number;
}

/**
 * Tests that each test exists which a table names, as `` `test/file.test.ts`: name; another name of that file ``. A name with a part that
 * differs has it as `${what}`.
 */
export function checkChecklist({ page, from, to, head, rows: atLeast }: Checklist): void {
  const text = readText(page);
  const part = text.slice(text.indexOf(from), to === undefined ? undefined : text.indexOf(to));
  const rows = part
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| ---') && !line.startsWith(`| ${head}`));

  it('has its points', () => assert.ok(rows.length >= atLeast));

  for (const row of rows) {
    const [, point = '', , tests = ''] = row
      .split(' | ')
      .join('|')
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim());
    it(`has tests that exist for: ${point}`, () => {
      let file = '';
      for (const name of tests === '' ? [] : tests.split('; ')) {
        const [, path, rest] = /^`(test\/[^`]*)`: (.*)$/.exec(name) ?? [];
        if (path !== undefined) file = path;
        assert.ok(existsSync(ROOT + file), file);
        const title = rest ?? name;
        const source = readText(file).replaceAll("\\'", "'");
        assert.ok(
          source.includes(`'${title}'`) || source.includes(`"${title}"`) || source.includes(`\`${title}\``),
          `${file} has no test: ${title}`,
        );
      }
    });
  }
}

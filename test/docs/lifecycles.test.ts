import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LIBRARY, list, readText, sourceFiles } from '../architecture/house.js';

type Table = Readonly<Record<string, readonly string[]>>;

const PAGE = 'docs/lifecycles.md';

/** The table of a source: the object literal that `satisfies Transitions`. */
function tableIn(file: string): Table | undefined {
  const [, literal] = /= \{([^{}]*)\} as const satisfies Transitions</.exec(readText(file)) ?? [];
  if (literal === undefined) return undefined;
  const rows = [...literal.matchAll(/(\w+): \[([^\]]*)\]/g)].map(([, state = '', next = '']) => [
    state,
    [...next.matchAll(/'([\w-]+)'/g)].map(([, name = '']) => name),
  ]);
  return Object.fromEntries(rows) as Table;
}

interface Section {
  readonly title: string;
  /** The source of its table: the first file that the section names. */
  readonly file: string;
  readonly table: Table;
}

/** The sections of the page: `| state | meaning | → next |`. */
function sections(): Section[] {
  const [, ...parts] = readText(PAGE).split(/^## /m);
  return parts.map((part) => {
    const [, file = ''] = /`([\w/-]+\.ts)`/.exec(part) ?? [];
    const rows = [...part.matchAll(/^\| `([\w-]+)` \|(?:[^|]*)\|(.*)\|$/gm)].map(([, state = '', next = '']) => [
      state,
      [...next.matchAll(/→ `([\w-]+)`/g)].map(([, name = '']) => name),
    ]);
    return { title: part.split('\n')[0] ?? '', file, table: Object.fromEntries(rows) as Table };
  });
}

const sorted = (table: Table | undefined): unknown =>
  Object.entries(table ?? {}).map(([state, next]) => [state, [...next].sort()]);

describe(PAGE, () => {
  for (const { title, file, table } of sections()) {
    it(`has the states and moves of the ${title.toLowerCase()} as ${file} has them`, () => {
      assert.deepEqual(sorted(table), sorted(tableIn(file)));
    });
  }

  it('has a section for each table in the sources', () => {
    const described = new Set(sections().map(({ file }) => file));
    const missing = sourceFiles(LIBRARY).filter((file) => tableIn(file) !== undefined && !described.has(file));
    assert.deepEqual(missing, [], list(`${PAGE} has no section for the lifecycles of`, missing));
  });

  it('lists each section at its top', () => {
    const [top = ''] = readText(PAGE).split(/^## /m);
    const listed = [...top.matchAll(/^\| \[([^\]]+)\]/gm)].map(([, title = '']) => title);
    assert.deepEqual(
      listed.sort(),
      sections()
        .map(({ title }) => title.toLowerCase())
        .sort(),
    );
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readText } from '../architecture/house.js';

/** Groups of index.ts, in their order. */
const GROUPS = [
  ...[
    'Calling',
    'Finding servers',
    'Proving who calls',
    'Serving',
    'Shared clients',
    'Routing',
    'Filters',
    'Looking inside',
    'Custom transports',
  ],
  'Errors and diagnostics',
  ...['Types of proxies', 'Names of pomelo-rpc'],
];

describe('index.ts', () => {
  const [, ...paragraphs] = readText('index.ts').split('\n\n');

  it('shows what users import in named groups, each with a sentence', () => {
    const headings = paragraphs.filter((paragraph) => paragraph.startsWith('// '));
    const names = headings.map((heading) => /^\/\/ ([A-Z][^:,]*)[:,] .*\.$/s.exec(heading)?.[1]);
    assert.deepEqual(names, GROUPS);
  });

  it('exports nothing outside of a group', () => {
    const [first = ''] = readText('index.ts').split('\n\n');
    assert.ok(!first.includes('export'));
    for (const [at, paragraph] of paragraphs.entries()) {
      if (paragraph.startsWith('export')) assert.match(paragraphs[at - 1] ?? '', /^\/\/ /, paragraph);
    }
  });
});

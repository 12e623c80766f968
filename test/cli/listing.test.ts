import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { jsonOf } from '../../cli/json.js';
import { type ListingColumn, listing, wrapped } from '../../cli/listing.js';
import { unpainted } from '../../cli/terminal/paint.js';

type Row = Readonly<Record<'id' | 'calls' | 'place', string>>;
const COLUMNS: readonly ListingColumn<Row>[] = [
  { head: 'id', cell: ({ id }) => id },
  { head: 'calls', cell: ({ calls }) => calls, align: 'right', rank: 1 },
  { head: 'place', cell: ({ place }) => place, rank: 2 },
];
const ROWS: readonly Row[] = [
  { id: 'chat-1', calls: '7', place: 'tcp://a:1' },
  { id: 'a-longer-server-name', calls: '1,234', place: 'tcp://b:2' },
];
const at = (width: number | undefined) => listing(COLUMNS, ROWS, width, unpainted);

describe('a listing', () => {
  it('has columns as wide as their contents', () => {
    assert.deepEqual(at(undefined), [
      'ID                    CALLS  PLACE',
      'chat-1                    7  tcp://a:1',
      'a-longer-server-name  1,234  tcp://b:2',
    ]);
  });

  it('leaves columns out, and cuts those that stay, for each width of a terminal', () => {
    assert.deepEqual(at(30)[2], 'a-longer-server-name  1,234');
    assert.deepEqual(at(20)[2], 'a-longer-server-name');
    assert.deepEqual(at(12)[2], 'a-longer-se…');
    for (let width = 8; width < 60; width++)
      for (const line of at(width)) assert.ok(line.length <= width, `${width}: ${line}`);
  });

  it('measures wide characters', () => {
    const [, line] = listing(COLUMNS, [{ id: '聊天', calls: '1', place: 'x' }], undefined, unpainted);
    assert.equal(line, '聊天      1  x');
  });

  it('has no rows where there are none', () => {
    assert.deepEqual(listing(COLUMNS, [], 80, unpainted), ['ID  CALLS  PLACE']);
  });
});

describe('wrapped text', () => {
  it('breaks at spaces, and within words that are too long', () => {
    assert.deepEqual(wrapped('one two three', 9, ' '), [' one two', ' three']);
    assert.deepEqual(wrapped('abcdefghijklmnopqr', 8), ['abcdefgh', 'ijklmnop', 'qr']);
    assert.deepEqual(wrapped('聊天聊天聊天', 8), ['聊天聊天', '聊天']);
    assert.deepEqual(wrapped('one two', undefined, '  '), ['  one two']);
  });
});

describe('JSON', () => {
  const circle: Record<string, unknown> = { a: 1 };
  circle['self'] = circle;
  const texts: [value: unknown, json: string][] = [
    [undefined, 'null'],
    [{ a: undefined, b: null }, '{"b":null}'],
    [[undefined, () => 1], '[null,null]'],
    [2n ** 64n, '"18446744073709551616"'],
    [Number.NaN, '"NaN"'],
    [new Date(0), '"1970-01-01T00:00:00.000Z"'],
    [new Date(Number.NaN), 'null'],
    [new Uint8Array([104, 105]), '"aGk="'],
    [new Map([['a', new Set([1])]]), '[["a",[1]]]'],
    [circle, '{"a":1,"self":null}'],
    [JSON.parse('{"__proto__":1}'), '{"__proto__":1}'],
    [
      Object.assign(new TypeError('no', { cause: new Error('why') }), { code: 'E' }),
      '{"name":"TypeError","message":"no","code":"E","cause":{"name":"Error","message":"why"}}',
    ],
  ];
  for (const [value, json] of texts) it(`is ${json}`, () => assert.equal(jsonOf(value), json));
});

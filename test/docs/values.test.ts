import assert from 'node:assert/strict';
import { createECDH, createHash } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { describe, it } from 'node:test';
import { Serializer } from 'node:v8';
import { createContext, runInContext, runInNewContext, runInThisContext } from 'node:vm';
import { jsonCodec } from '../../lib/protocol/json-codec.js';
import { msgpackCodec } from '../../lib/protocol/msgpack-codec.js';
import { stockCodec } from '../../lib/protocol/stock-codec.js';
import { isEncodeRefusal } from '../../lib/protocol/value-path.js';
import { readText } from '../architecture/house.js';
import { encode, roundTrip } from '../lib/protocol/support.js';

const page = readText('docs/values.md');
const CODECS = [msgpackCodec, stockCodec, jsonCodec];

function rowsUnder(heading: string): string[][] {
  const from = page.indexOf(`## ${heading}\n`);
  assert.notEqual(from, -1, `docs/values.md has no ${heading}`);
  const [table = ''] = /^\|.*\n\|[ |-]+\n((?:\|.*\n)*)/m.exec(page.slice(from)) ?? [];
  const [, , ...rows] = table.trim().split('\n');
  return rows.map((row) =>
    row
      .slice(1, -1)
      .split(' | ')
      .map((cell) => cell.trim().replace(/^`(.*)`$/, '$1')),
  );
}

/** Classes and functions of Node's modules. */
const MODULES = { Serializer, createHash, createECDH, PassThrough, runInNewContext };
Object.assign(globalThis, MODULES);
/** Another realm, with what of Node the language does not have. */
const realm = createContext({
  Buffer,
  URL,
  URLSearchParams,
  Headers,
  Blob,
  AbortController,
  MessageChannel,
  ...MODULES,
});
const REALMS: readonly (readonly [name: string, evaluate: (code: string) => unknown])[] = [
  ['', (code) => runInThisContext(`(${code})`)],
  [', made in another realm', (code) => runInContext(`(${code})`, realm)],
];

/** How a stock peer's format has Errors: without their class, with the name as a field, and with a stack. */
function asStock(value: unknown): unknown {
  return value instanceof Error
    ? { name: value.name, message: value.message, code: Reflect.get(value, 'code') }
    : value;
}

for (const [where, evaluate] of REALMS) {
  describe(`docs/values.md${where}`, () => {
    for (const heading of ['Plain data', 'Classes and built-ins']) {
      const rows = rowsUnder(heading);
      assert.ok(rows.length > 15, heading);
      for (const [code = '', ...outcomes] of rows) {
        for (const [i, codec] of CODECS.entries()) {
          const outcome = outcomes[i] ?? assert.fail(`${code} has no outcome with ${codec.name}`);
          it(`${codec.name}: ${code}: ${outcome}`, () => {
            const value = evaluate(code);
            if (outcome === 'refused') return refuses(codec, value);
            const expected = runInThisContext(`(${outcome === 'same' ? code : outcome})`);
            const got = roundTrip(codec, value);
            if (expected instanceof Date) assert.deepEqual((got as Date).getTime(), expected.getTime());
            else if (codec === stockCodec) assert.deepEqual(asStock(got), asStock(expected));
            else assert.deepEqual(got, expected);
          });
        }
      }
    }

    for (const [code = ''] of rowsUnder('Refused by every codec')) {
      for (const codec of CODECS) {
        it(`${codec.name} refuses ${code}, alone and within others, with its path`, () => {
          const value = evaluate(code);
          refuses(codec, value);
          assert.throws(() => encode(codec, { list: [1, { part: value }] }), { message: /^\$\.list\[1\]\.part/ });
        });
      }
    }
  });
}

function refuses(codec: (typeof CODECS)[number], value: unknown): void {
  assert.throws(
    () => encode(codec, value),
    (error: Error) => {
      assert.match(error.message, /^\$.* is .* codec can(?:not)? carry/);
      return isEncodeRefusal(error);
    },
  );
}

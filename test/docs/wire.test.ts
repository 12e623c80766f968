import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Codec } from '../../lib/protocol/codec.js';
import { CHARGE, MAX_HASHED_KEYS } from '../../lib/protocol/decode-budget.js';
import { jsonCodec } from '../../lib/protocol/json-codec.js';
import { LEADER_FEATURES, MAX_ITEMS } from '../../lib/protocol/message.js';
import { msgpackCodec } from '../../lib/protocol/msgpack-codec.js';
import { HEADER_BYTES, MAX_HEAD_BYTES, MAX_REQUEST_ID, REQUEST } from '../../lib/protocol/packet.js';
import { parseHead } from '../../lib/protocol/parse-head.js';
import { RefusalCode } from '../../lib/protocol/refusal.js';
import { RELAY, RELAY_URL } from '../../lib/protocol/relay-message.js';
import { stockCodec } from '../../lib/protocol/stock-codec.js';
import { VALUES_FEATURE } from '../../lib/protocol/value-message.js';
import { list, readText } from '../architecture/house.js';
import { encode, framesOf, roundTrip } from '../lib/protocol/support.js';
import { FRAMES, VALUES } from './wire-frames.js';

const page = readText('docs/wire.md');

/** The bytes of a block: pairs of hex digits, up to the remark behind them, and lines of text. */
function bytesOf(block: string): Buffer {
  const lines = block.split('\n').map((line) => {
    if (line.startsWith('text ')) return Buffer.from(line.slice('text '.length));
    const [digits = ''] = /^(?:[0-9a-f]{2} ?)+(?= |$)/.exec(line) ?? [];
    assert.notEqual(digits, '', `no bytes in the line ${JSON.stringify(line)}`);
    return Buffer.from(digits.replaceAll(' ', ''), 'hex');
  });
  return Buffer.concat(lines);
}

const blocks = new Map(
  [...page.matchAll(/^```wire (.*)\n([^`]*)\n```$/gm)].map(([, name = '', block = '']) => [name, block]),
);

/** The cells of a table's rows, the table being the first behind its heading or header. */
function rowsBehind(start: string): string[][] {
  const from = page.indexOf(start);
  assert.notEqual(from, -1, `docs/wire.md has no ${start}`);
  const [table = ''] = /^\|.*\n\|[ |-]+\n((?:\|.*\n)*)/m.exec(page.slice(from)) ?? [];
  const [, , ...rows] = table.trim().split('\n');
  return rows.map((row) =>
    row
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim().replaceAll('\\|', '|')),
  );
}

function encoded(codec: Codec, value: unknown): Buffer | undefined {
  try {
    return encode(codec, value);
  } catch {
    return undefined;
  }
}

const inText = (bytes: Buffer | undefined): string => (bytes === undefined ? 'n/a' : `\`${bytes}\``);

/** Feature of a Leader that an election has made one. */
const TERM = 'term';

describe('docs/wire.md', () => {
  it('has a block of bytes for each frame, and no other', () => {
    assert.deepEqual([...blocks.keys()].sort(), Object.keys(FRAMES).sort());
  });

  for (const [name, frame] of Object.entries(FRAMES)) {
    it(`shows the bytes of ${name} as the library writes them`, () => {
      assert.equal(bytesOf(blocks.get(name) ?? '').toString('hex'), frame.toString('hex'));
    });
  }

  it('says the right length and id beside each header', () => {
    for (const [name, block] of blocks) {
      const frame = FRAMES[name] ?? assert.fail(name);
      const [first = '', id, timeout, head, body] = block
        .split('\n')
        .map((line) => line.replace(/^[0-9a-f ]+ {2}/, ''));
      assert.match(first, frame[1] === REQUEST ? /request$/ : /response$/, name);
      const said = [id, timeout, head, body].map((line) => Number(line?.replaceAll(',', '').match(/\d+/)?.[0]));
      assert.deepEqual(
        said,
        [8, 12, 16, 20].map((at) => frame.readUInt32BE(at)),
        name,
      );
    }
  });

  it('shows frames that the library reads', () => {
    for (const [name, frame] of Object.entries(FRAMES)) {
      const [read] = framesOf([frame]);
      const { type } = parseHead(read?.head ?? '');
      if (name !== 'the answer to subscribe') assert.equal(type, name.split(/[ ,]/)[0], name);
    }
  });

  it('names every type of head', () => {
    const listed = new Set(rowsBehind('## Heads').flatMap(([types = '']) => types.match(/\w+/g) ?? []));
    const source = readText('lib/protocol/message.ts') + readText('lib/protocol/relay-message.ts');
    const known = [...source.matchAll(/\btype: ((?:'\w+'(?: \| )?)+)/g)].flatMap(([, types = '']) =>
      types.split(' | ').map((type) => type.slice(1, -1)),
    );
    const missing = [...new Set(known)].filter((type) => type !== 'invalid' && !listed.has(type));
    assert.deepEqual(missing, [], list('docs/wire.md has no row for', missing));
    assert.ok(known.length >= listed.size, 'the sources have the types where this test looks for them');
  });

  it('names every feature', () => {
    const listed = rowsBehind('A feature says').map(([feature = '']) => feature.replaceAll('`', ''));
    assert.deepEqual(
      listed,
      [...LEADER_FEATURES, VALUES_FEATURE, TERM, RELAY, RELAY_URL].sort(
        (a, b) => listed.indexOf(a) - listed.indexOf(b),
      ),
    );
  });

  it('names every code of a refused registration', () => {
    const listed = rowsBehind('### Refusals').map(([code = '']) => code.replaceAll('`', ''));
    assert.deepEqual(listed.sort(), Object.values(RefusalCode).sort());
  });

  it('has the numbers of the code', () => {
    const limits = rowsBehind('### Limits').map((row) => row.join(' ').replaceAll(',', ''));
    assert.ok(limits[0]?.includes(`head ${MAX_HEAD_BYTES} bytes`), limits[0]);
    assert.ok(limits[2]?.includes(`${MAX_ITEMS}`), limits[2]);
    assert.equal(MAX_REQUEST_ID, 2 ** 30);
    assert.ok(rowsBehind('## The packet').some(([at]) => at === String(HEADER_BYTES)));
  });

  it('has the charges of the code', () => {
    const numbers = rowsBehind('### What a frame may cost').flatMap(([, charges = '']) => charges.match(/\d+/g) ?? []);
    const { array, slot, object, key, entry, date, bigint, buffer, view, collection, error } = CHARGE;
    const charged = [array, slot, object, key, entry, date, bigint, date, buffer, view, collection, error];
    assert.deepEqual(numbers.map(Number), charged);
    assert.ok(page.includes(`${MAX_HASHED_KEYS.toLocaleString('en')} numbers and bigints for each frame`));
  });

  it('shows the bytes of each value in each codec, as the library writes them', () => {
    const shown = rowsBehind('| value | msgpack |');
    const written = VALUES.map(({ js, value }) => {
      const json = encoded(jsonCodec, value);
      const msgpack = encode(msgpackCodec, value).toString('hex').replace(/../g, '$& ').trim();
      return [
        `\`${js}\``,
        `\`${msgpack}\``,
        inText(encoded(stockCodec, value)),
        json?.length === 0 ? 'nothing' : inText(json),
      ];
    });
    assert.deepEqual(shown, written);
  });

  it('shows values that the library reads back', () => {
    for (const { js, value } of VALUES) {
      const back = roundTrip(msgpackCodec, value);
      // Node 20 takes two invalid Dates for different ones.
      if (js === 'new Date(NaN)') assert.equal(String(back), 'Invalid Date');
      else assert.deepEqual(back, value, js);
    }
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  age,
  bytes,
  clock,
  count,
  duration,
  percent,
  perSecond,
  shortened,
  visible,
} from '../../../dashboard/page/format.js';
import { comparable } from '../../../dashboard/page/parts/natural.js';

describe('figures of the dashboard', () => {
  const cases: readonly (readonly [name: string, shown: string, expected: string])[] = [
    ['a count', count(1_234_567), '1,234,567'],
    ['no count', count(null), '–'],
    ['a low rate', perSecond(0.42), '0.4'],
    ['no calls', perSecond(0), '0'],
    ['a high rate', perSecond(12_345.6), '12,346'],
    ['microseconds', duration(0.42), '0.42 ms'],
    ['milliseconds', duration(4.24), '4.2 ms'],
    ['many milliseconds', duration(423.7), '424 ms'],
    ['just below a second', duration(999.7), '1.00 s'],
    ['seconds', duration(12_340), '12.3 s'],
    ['minutes', duration(123_000), '2 min 3 s'],
    ['an age', age(90_061_000), '1 d 1 h'],
    ['whole minutes', age(240_000), '4 min'],
    ['no age', age(20), '0 s'],
    ['bytes', bytes(512), '512 B'],
    ['mebibytes', bytes(1_572_864), '1.5 MiB'],
    ['all of the calls', percent(1), '100 %'],
    ['none of the calls', percent(0), '0 %'],
    ['all but one of a million', percent(1 - 1e-6), '99.99 %'],
    ['a share without decimals', percent(0.376, 0), '37 %'],
    ['no share', percent(null), '–'],
    ['no moment', clock(null), '–'],
    ['a long name', shortened('user.rooms.enterWithFriends', 12), 'user.ro…ends'],
    ['a short name', shortened('short', 12), 'short'],
  ];
  for (const [name, shown, expected] of cases) it(`shows ${name} as ${expected}`, () => assert.equal(shown, expected));

  it('shows characters that would not be seen, and those that turn the direction', () => {
    assert.equal(visible('a\u0000\u0007\n\u007f\u009b\u202eb\u200bc'), 'a␀␇␊␡\\u{9b}\\u{202e}b\\u{200b}c');
    assert.equal(visible('ключ 鍵 <b> &amp;'), 'ключ 鍵 <b> &amp;');
  });

  it('sorts numbers in names as numbers', () => {
    const names = ['chat-10', 'chat-2', 'Chat-1'];
    assert.deepEqual(
      names.sort((one, other) => (String(comparable(one)) < String(comparable(other)) ? -1 : 1)),
      ['Chat-1', 'chat-2', 'chat-10'],
    );
    assert.equal(comparable(7), 7);
    assert.equal(comparable(null), null);
  });
});

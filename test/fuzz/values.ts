import type { Random } from './random.js';

/** A value that JSON and both other codecs carry. */
export function plainValue(random: Random, depth = 4): unknown {
  const kinds = depth === 0 ? 6 : 8;
  switch (random.below(kinds)) {
    case 0:
      return random.pick([null, true, false, 0, 1, -1, '']);
    case 1:
      return random.below(2 ** random.below(53)) * random.pick([1, -1]) + 0;
    case 2:
      return (random.below(2 ** 32) / 2 ** random.below(40)) * random.pick([1, -1]) + 0;
    case 3:
      return random.bytes(random.below(40)).toString('latin1');
    case 4:
      return 'a漢😀 +%|^^%2B'.repeat(random.below(20));
    case 5:
      return 'x'.repeat(random.below(random.pick([40, 300, 3_000])));
    case 6:
      return Array.from({ length: random.below(random.pick([4, 20])) }, () => plainValue(random, depth - 1));
    default:
      return Object.fromEntries(
        Array.from({ length: random.below(random.pick([4, 20])) }, () => [
          keyFor(random),
          plainValue(random, depth - 1),
        ]),
      );
  }
}

function keyFor(random: Random): string {
  const key = random.pick([
    'id',
    'name',
    'ключ',
    'a b',
    `k${random.below(1e6)}`,
    random.bytes(random.below(40)).toString('latin1'),
  ]);
  return key === '__proto__' ? 'proto' : key;
}

/** A value that only msgpack carries. */
export function richValue(random: Random, depth = 4): unknown {
  if (depth === 0) return plainValue(random, 0);
  const part = (): unknown => richValue(random, depth - 1);
  const parts = (): unknown[] => Array.from({ length: random.below(5) }, part);
  switch (random.below(10)) {
    case 0:
      return new Map(parts().map((key) => [key, part()]));
    case 1:
      return new Set(parts());
    case 2:
      return new Date(random.below(2 ** 43) * random.pick([1, -1]));
    case 3:
      return random.bytes(random.below(random.pick([5, 300])));
    case 4:
      return BigInt(random.below(2 ** 32)) ** BigInt(random.below(8)) * random.pick([1n, -1n]);
    case 5:
      return random.pick([
        new Float64Array([random.below(9)]),
        new Uint16Array(random.below(9)),
        undefined,
        Number.NaN,
      ]);
    case 6:
      return parts();
    case 7:
      return Object.fromEntries(parts().map((value) => [keyFor(random), value]));
    default:
      return plainValue(random, 2);
  }
}

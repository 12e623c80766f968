/** A small generator of even quality (mulberry32): the same numbers for the same seed, on every machine. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 to below `limit`. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  }

  /** True once in so many times. */
  oneIn(times: number): boolean {
    return this.below(times) === 0;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)));
  }

  /** Cuts the bytes into chunks, some of them empty. */
  cut(bytes: Buffer): Buffer[] {
    const longest = this.pick([1, 5, 30, 200, 100_000]);
    const chunks: Buffer[] = [];
    for (let at = 0; at < bytes.length; ) {
      const length = Math.min(this.below(longest + 1), bytes.length - at);
      chunks.push(bytes.subarray(at, at + length));
      at += length;
    }
    return chunks;
  }

  /** The bytes with a few things wrong: flipped, inserted, removed, doubled, or set to where limits are. */
  damage(bytes: Buffer): Buffer {
    let damaged = Buffer.from(bytes);
    for (let times = 1 + this.below(4); times > 0 && damaged.length > 0; times--) {
      const at = this.below(damaged.length);
      const length = this.below(this.pick([2, 8, 40]));
      switch (this.below(6)) {
        case 0:
          damaged[at] = (damaged[at] as number) ^ (1 << this.below(8));
          break;
        case 1:
          damaged[at] = this.below(256);
          break;
        case 2:
          damaged = Buffer.concat([damaged.subarray(0, at), this.bytes(length), damaged.subarray(at)]);
          break;
        case 3:
          damaged = Buffer.concat([damaged.subarray(0, at), damaged.subarray(at + length)]);
          break;
        case 4:
          damaged = Buffer.concat([damaged.subarray(0, at + length), damaged.subarray(at)]);
          break;
        default:
          Buffer.from(this.pick(['ffffffff', '7fffffff', '80000000', '00000000', '00010000']), 'hex').copy(damaged, at);
      }
    }
    return damaged;
  }
}

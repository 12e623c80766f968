import { type Item, itemsOf } from '../../streams/items.js';

/** The remote module of the figures of streams. */

/** Microseconds of the system's monotonic clock, which all processes of the machine share. */
let finallyAtUs = 0;

/** The plain call that runs beside the streams. */
export function echo<T>(value: T): T {
  return value;
}

/** The first `count` items of 64 KiB. */
export function large(count: number): AsyncGenerator<Item, void, undefined> {
  return itemsOf('64k', count);
}

/** Numbers without an end, until the reader wants no more. */
export async function* numbers(): AsyncGenerator<number, void, undefined> {
  finallyAtUs = 0;
  try {
    for (let number = 0; ; number++) yield number;
  } finally {
    finallyAtUs = Number(process.hrtime.bigint() / 1_000n);
  }
}

/** When the last generator of numbers ran its `finally`; 0 where it still runs. */
export function endedAtUs(): number {
  return finallyAtUs;
}

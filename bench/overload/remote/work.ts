import { PLACE_MS, PLACES, units } from '../work.js';

/** Remote service of the overload figures: work that takes the processor, and work that waits for one of a few places. */

let taken = 0;
const waiting: (() => void)[] = [];

export const work = {
  /** A piece of work of the processor, and the number back. */
  burn(number: number): number {
    units.started += 1;
    units.burn();
    return number;
  },

  /** Waits for one of {@link PLACES} places, as calls of a database wait for a connection, and has the place for a while. */
  async hold(number: number): Promise<number> {
    units.started += 1;
    if (taken >= PLACES) await new Promise<void>((resolve) => waiting.push(resolve));
    else taken += 1;
    await new Promise((resolve) => setTimeout(resolve, PLACE_MS));
    const next = waiting.shift();
    if (next === undefined) taken -= 1;
    else next();
    return number;
  },
};

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Collections that free what hangs on what an earlier one has freed. */
const COLLECTIONS = 4;

/** Counts generators that begin and finish, and objects until the collector has freed them. */
export class Census {
  begun = 0;
  finished = 0;
  #tracked = 0;
  #freed = 0;
  readonly #registry = new FinalizationRegistry<void>(() => {
    this.#freed += 1;
  });

  /** Generators that have begun and have not run their `finally`. */
  get running(): number {
    return this.begun - this.finished;
  }

  /** Generators and streams that the collector has not freed, as far as is known: see {@link Census.collect}. */
  get alive(): number {
    return this.#tracked - this.#freed;
  }

  /** The object counts as alive until the collector has freed it. */
  track<Tracked extends object>(object: Tracked): Tracked {
    this.#tracked += 1;
    this.#registry.register(object);
    return object;
  }

  /** Collects garbage. Returns the size of the heap. Unit: bytes */
  async collect(): Promise<number> {
    for (let i = 0; i < COLLECTIONS; i++) {
      collect();
      // The registry hears of freed objects in a later turn.
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return process.memoryUsage().heapUsed;
  }
}

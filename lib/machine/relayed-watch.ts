import { Lifecycle, type Transitions } from '../lifecycle.js';
import type { Change, WatchEnd, Watching } from '../registry/engine.js';
import { unavailable } from '../registry/engine-errors.js';
import { throwUncaught } from '../uncaught.js';
import { isWatchItem } from './shapes.js';
import type { WatchItem } from './store-host.js';

const TRANSITIONS = {
  /** Changes come. */
  watching: ['ended'],
  /** No change comes any more. */
  ended: [],
} as const satisfies Transitions<'watching' | 'ended'>;

/** Watch through the process that has the connection, with which the watch ends. */
export class RelayedWatch implements Watching {
  readonly ended: Promise<WatchEnd>;
  readonly #on: (change: Change) => void;
  readonly #items: AsyncIterator<WatchItem>;
  readonly #lifecycle = new Lifecycle<keyof typeof TRANSITIONS>('watching', TRANSITIONS, () => {});
  #resolveEnded!: (end: WatchEnd) => void;

  /** `onEnd` is called with the last item. */
  constructor(
    items: AsyncIterable<WatchItem>,
    on: (change: Change) => void,
    onEnd: (last: Extract<WatchItem, { end: unknown }>) => void,
  ) {
    this.#on = on;
    this.#items = items[Symbol.asyncIterator]();
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    void this.#read(onEnd);
  }

  close(): void {
    this.end({ reason: 'closed', error: undefined });
  }

  end(end: WatchEnd): void {
    if (!this.#lifecycle.move('ended')) return;
    this.#resolveEnded(end);
    // The process that watches for this one is notified. A stream that has failed notifies no process.
    this.#items.return?.()?.catch(() => {});
  }

  async #read(onEnd: (last: Extract<WatchItem, { end: unknown }>) => void): Promise<void> {
    try {
      for (let next = await this.#items.next(); next.done !== true; next = await this.#items.next()) {
        const item: unknown = next.value;
        if (this.#lifecycle.state === 'ended') return;
        // The item may have been changes. The callback would throw on such an item, and its errors are uncaught exceptions.
        if (!isWatchItem(item)) return this.end(lostRelay('the process sent no change, nor an end'));
        if ('change' in item) this.#tell(item.change);
        if (!('end' in item)) continue;
        onEnd(item);
        return this.end({ reason: item.end, error: unavailable(item.why, 'not-sent') });
      }
      this.end(lostRelay('the stream has ended'));
    } catch (error) {
      this.end(lostRelay(error instanceof Error ? error.message : String(error)));
    }
  }

  #tell(change: Change): void {
    try {
      this.#on(change);
    } catch (error) {
      throwUncaught(error);
    }
  }
}

/** End of a watch whose process has gone. */
export function lostRelay(why: string): WatchEnd {
  const message = `the watch has ended with the process that has the connection: ${why}`;
  return { reason: 'disconnected', error: unavailable(message, 'not-sent') };
}

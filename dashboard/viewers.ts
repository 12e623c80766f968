import type { ServerResponse } from 'node:http';
import { clearInterval, clearTimeout, setInterval, setTimeout } from '../lib/timers.js';
import { writeHead } from './respond.js';
import type { End } from './snapshot.js';

/** Time after which a line without meaning shows that a viewer is still there. Unit: ms */
const PING_MS = 15_000;
/** Time for which a viewer may read nothing. Unit: ms */
const MAX_BLOCKED_MS = 60_000;
/** Pause before a browser connects again. Unit: ms */
const RETRY_MS = 2_000;

/** An event as a viewer gets it. */
export interface ViewerEvent {
  readonly seq: number;
  readonly json: string;
}

interface Viewer {
  readonly response: ServerResponse;
  /** Has not read what was sent. Set: ends the viewer that goes on so. */
  blocked: NodeJS.Timeout | undefined;
  /** Has missed deltas, and gets a snapshot next. */
  isBehind: boolean;
}

/**
 * Viewers of a dashboard, each with a stream of events. A viewer that reads slowly has at most one event waiting: deltas that come meanwhile are
 * left out, and the newest snapshot follows.
 */
export class Viewers {
  readonly #max: number;
  readonly #snapshot: () => ViewerEvent | undefined;
  readonly #viewers = new Set<Viewer>();
  #pings: NodeJS.Timeout | undefined;

  /** `snapshot`: the state of now; undefined before the first one. */
  constructor(max: number, snapshot: () => ViewerEvent | undefined) {
    this.#max = max;
    this.#snapshot = snapshot;
  }

  get size(): number {
    return this.#viewers.size;
  }

  /** Begins a stream. Above the bound the oldest viewer is disconnected. */
  add(response: ServerResponse): void {
    const [oldest] = this.#viewers;
    if (this.#viewers.size >= this.#max && oldest !== undefined)
      this.#end(oldest, 'full', `more than ${this.#max} pages are open (maxViewers), and this one was the oldest`);
    const viewer: Viewer = { response, blocked: undefined, isBehind: true };
    this.#viewers.add(viewer);
    this.#pings ??= setInterval(() => this.#ping(), PING_MS).unref();
    response.on('drain', () => this.#onDrain(viewer));
    response.on('close', () => this.#forget(viewer));
    writeEventsHead(response);
    response.write(`retry: ${RETRY_MS}\n\n`);
    this.#catchUp(viewer);
  }

  /** Sends a delta to the viewers that have the state before. */
  send({ seq, json }: ViewerEvent): void {
    const text = eventOf('delta', seq, json);
    for (const viewer of this.#viewers) {
      if (viewer.blocked !== undefined) viewer.isBehind = true;
      else if (viewer.isBehind) this.#catchUp(viewer);
      else this.#write(viewer, text);
    }
  }

  /** Ends all streams. */
  end(message: string): void {
    for (const viewer of this.#viewers) this.#end(viewer, 'stopped', message);
  }

  #catchUp(viewer: Viewer): void {
    const snapshot = this.#snapshot();
    if (snapshot === undefined) return;
    viewer.isBehind = false;
    this.#write(viewer, eventOf('snapshot', snapshot.seq, snapshot.json));
  }

  #write(viewer: Viewer, text: string): void {
    if (viewer.response.write(text)) return;
    viewer.blocked = setTimeout(() => viewer.response.destroy(), MAX_BLOCKED_MS).unref();
  }

  #onDrain(viewer: Viewer): void {
    clearTimeout(viewer.blocked);
    viewer.blocked = undefined;
    if (viewer.isBehind) this.#catchUp(viewer);
  }

  #ping(): void {
    for (const viewer of this.#viewers) if (viewer.blocked === undefined) this.#write(viewer, ':\n\n');
  }

  #end(viewer: Viewer, reason: End['reason'], message: string): void {
    const end: End = { format: 1, reason, message };
    if (viewer.blocked === undefined) viewer.response.end(`event: end\ndata: ${JSON.stringify(end)}\n\n`);
    else viewer.response.destroy();
    this.#forget(viewer);
  }

  #forget(viewer: Viewer): void {
    clearTimeout(viewer.blocked);
    this.#viewers.delete(viewer);
    if (this.#viewers.size > 0) return;
    clearInterval(this.#pings);
    this.#pings = undefined;
  }
}

/** Writes status and headers of a stream of events. */
export function writeEventsHead(response: ServerResponse): void {
  writeHead(response, 200, 'text/event-stream; charset=utf-8', { 'X-Accel-Buffering': 'no' });
}

/** JSON has no line breaks. */
function eventOf(name: string, seq: number, json: string): string {
  return `event: ${name}\nid: ${seq}\ndata: ${json}\n\n`;
}

import type { Delta, End, Snapshot } from '../../snapshot.js';
import { askHistory, Refusal } from './ask.js';

/** State of the page's connection with its server. Times are those of the page's own clock, in ms since 1970. */
export type Connection =
  | { readonly state: 'connecting' }
  | { readonly state: 'live' }
  /** No answer; the page tries again by itself. */
  | { readonly state: 'lost'; readonly since: number }
  /** The server has an answer, and it is no. */
  | { readonly state: 'refused'; readonly problem: string; readonly message: string }
  | { readonly state: 'ended'; readonly reason: End['reason']; readonly message: string; readonly since: number };

/** Receiver of the reports of a feed. */
export interface FeedTarget {
  snapshot(snapshot: Snapshot): void;
  /** Throws where the delta does not follow what is there: the feed then begins anew. */
  delta(delta: Delta): void;
  connection(connection: Connection): void;
}

/** Time after which a connection without a word is taken for lost, beyond three intervals. Unit: ms */
const SILENCE = 10_000;
const RETRY = { first: 2_000, most: 15_000 };

/** The stream of states from the server, dialled again whenever it is lost. */
export class Feed {
  readonly #target: FeedTarget;
  #stream: EventSource | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #wait = RETRY.first;
  #interval = 1_000;
  #lostSince: number | undefined;

  constructor(target: FeedTarget) {
    this.#target = target;
  }

  /** Opens the stream, or opens another one in the place of the present one. */
  open(): void {
    this.#close();
    const stream = new EventSource('events');
    this.#stream = stream;
    stream.addEventListener('snapshot', (event) => this.#onSnapshot(JSON.parse(event.data) as Snapshot));
    stream.addEventListener('delta', (event) => this.#onDelta(JSON.parse(event.data) as Delta));
    stream.addEventListener('end', (event) => this.#onEnd(JSON.parse(event.data) as End));
    stream.addEventListener('error', () => this.#onError(stream));
  }

  #onSnapshot(snapshot: Snapshot): void {
    this.#interval = snapshot.about.interval;
    this.#wait = RETRY.first;
    this.#lostSince = undefined;
    this.#heard();
    this.#target.snapshot(snapshot);
    this.#target.connection({ state: 'live' });
  }

  #onDelta(delta: Delta): void {
    this.#heard();
    try {
      this.#target.delta(delta);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.open(); // a new stream begins with a whole state
    }
  }

  #onEnd({ reason, message }: End): void {
    this.#close();
    this.#target.connection({ state: 'ended', reason, message, since: Date.now() });
    // Another viewer has taken the place of a page that is one too many: coming back would only take it from the next.
    if (reason === 'stopped') this.#later();
  }

  /** A stream that the network broke is dialled again by the browser; one that the server refused is closed for good. */
  #onError(stream: EventSource): void {
    this.#lost();
    if (stream.readyState === EventSource.CLOSED) void this.#askWhy();
  }

  #lost(): void {
    this.#lostSince ??= Date.now();
    this.#target.connection({ state: 'lost', since: this.#lostSince });
  }

  /** An event stream does not say why it was refused; another request does. */
  async #askWhy(): Promise<void> {
    this.#close();
    try {
      await askHistory();
    } catch (error) {
      const isFinal = error instanceof Refusal && !error.problem.startsWith('status-5');
      if (isFinal) this.#target.connection({ state: 'refused', problem: error.problem, message: error.message });
      else this.#later();
      return;
    }
    this.open();
  }

  #later(): void {
    this.#retry = setTimeout(() => void this.#askWhy(), this.#wait);
    this.#wait = Math.min(this.#wait * 2, RETRY.most);
  }

  #heard(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(
      () => {
        this.#lost();
        this.open();
      },
      SILENCE + 3 * this.#interval,
    );
  }

  #close(): void {
    clearTimeout(this.#retry);
    clearTimeout(this.#silence);
    this.#stream?.close();
    this.#stream = undefined;
  }
}

import { applied } from '../apply.js';
import type { Delta, Recording, Snapshot } from '../snapshot.js';

/** Text of all deltas together that is kept. Unit: characters */
const MAX_LENGTH = 32 * 1024 * 1024;

/** The last states, as a snapshot and the deltas behind that one. Deltas are kept as text, which takes less memory than objects. */
export class Recorder {
  readonly #most: number;
  readonly #deltas: string[] = [];
  #first: Snapshot | undefined;
  #length = 0;

  /** `most`: deltas that are kept. */
  constructor(most: number) {
    this.#most = most;
  }

  begin(snapshot: Snapshot): void {
    this.#first = snapshot;
  }

  add(json: string): void {
    this.#deltas.push(json);
    this.#length += json.length;
    while (this.#deltas.length > this.#most || (this.#length > MAX_LENGTH && this.#deltas.length > 1)) this.#forget();
  }

  /** Parts of the text of a {@link Recording}, to be sent one after the other. Undefined before the first state. */
  text(now: number): string[] | undefined {
    if (this.#first === undefined) return undefined;
    const head: Omit<Recording, 'deltas'> = {
      ...{ format: 1, kind: 'mailstation-recording', recorded: now, snapshot: this.#first },
    };
    const begin = `${JSON.stringify(head).slice(0, -1)},"deltas":[`;
    return [begin, ...this.#deltas.flatMap((json, index) => (index === 0 ? [json] : [',', json])), ']}'];
  }

  #forget(): void {
    const json = this.#deltas.shift();
    if (json === undefined || this.#first === undefined) return;
    this.#length -= json.length;
    this.#first = applied(this.#first, JSON.parse(json) as Delta);
  }
}

import { applied } from '../../apply.js';
import type { Delta, Snapshot } from '../../snapshot.js';
import { askHistory } from './ask.js';
import { bare } from './bare.js';
import { Course } from './course.js';
import { type Connection, Feed } from './feed.js';
import { type Playback, readRecording } from './recording.js';

/** All that the views draw from: the live state, or a recording. */
export class Store {
  readonly #feed: Feed;
  readonly #listeners = new Set<() => void>();
  #connection: Connection = { state: 'connecting' };
  #live: Snapshot | undefined;
  /** State that is shown while the page is paused. */
  #held: Snapshot | undefined;
  #course = new Course();
  #playback: Playback | undefined;
  #isScheduled = false;

  constructor() {
    this.#feed = new Feed({
      snapshot: (snapshot) => {
        this.#live = bare(snapshot);
        void this.#readCourse();
        this.changed();
      },
      delta: (delta) => this.#onDelta(delta),
      connection: (connection) => {
        this.#connection = connection;
        this.changed();
      },
    });
  }

  open(): void {
    this.#feed.open();
  }

  /** Calls back, once before the next frame, whenever something has changed; a hidden page has no frames. Returns the end of that. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  changed(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    requestAnimationFrame(() => {
      this.#isScheduled = false;
      for (const listener of this.#listeners) listener();
    });
  }

  get connection(): Connection {
    return this.#connection;
  }

  /** State to show; undefined before the first one has come. */
  get snapshot(): Snapshot | undefined {
    return this.#playback?.snapshot ?? this.#held ?? this.#live;
  }

  get playback(): Playback | undefined {
    return this.#playback;
  }

  /** Course of all servers together. */
  get course(): Course {
    return this.#playback?.course() ?? this.#course;
  }

  get isPaused(): boolean {
    return this.#held !== undefined;
  }

  pause(isPaused: boolean): void {
    this.#held = isPaused ? this.#live : undefined;
    this.changed();
  }

  /** Shows a recording. Throws an Error in words for people where the file is none. */
  async openRecording(file: File): Promise<void> {
    this.#playback = readRecording(await file.text(), file.name);
    this.changed();
  }

  closeRecording(): void {
    this.#playback = undefined;
    this.changed();
  }

  seek(position: number): void {
    this.#playback?.seek(position);
    this.changed();
  }

  #onDelta(delta: Delta): void {
    if (this.#live === undefined) throw new RangeError('a delta has come before the state');
    this.#live = applied(this.#live, delta);
    this.#course.append(delta.time, delta.totals, this.#live.about.history);
    this.changed();
  }

  async #readCourse(): Promise<void> {
    try {
      const course = new Course(await askHistory());
      for (const time of this.#course.times.filter((each) => each > (course.times.at(-1) ?? 0)))
        this.#copy(course, time);
      this.#course = course;
      this.changed();
    } catch (error) {
      // The charts then begin now; the feed reports a server that is gone.
      console.warn('the history could not be read', error);
    }
  }

  /** Copies what came while the history was on the way. */
  #copy(course: Course, time: number): void {
    const at = this.#course.times.indexOf(time);
    const figures = Object.fromEntries(Object.entries(this.#course.rows).map(([row, list]) => [row, list[at] ?? null]));
    course.append(time * 1_000, figures as never, Number.POSITIVE_INFINITY);
  }
}

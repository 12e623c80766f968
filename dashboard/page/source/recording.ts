import { applied } from '../../apply.js';
import type { Delta, Figures, Recording, Snapshot } from '../../snapshot.js';
import { bare } from './bare.js';
import { Course } from './course.js';

/** States that are kept while a recording is read, so that a step back does not begin at the first state. */
const KEYFRAME = 60;

/** A recording at one of its moments. */
export class Playback {
  readonly recording: Recording;
  /** Name of the file. */
  readonly name: string;
  readonly #keyframes = new Map<number, Snapshot>();
  #position: number;
  #snapshot: Snapshot;
  /** Course up to the position, once it was asked for. */
  #course: Course | undefined;

  /** Throws an Error in words for people where the deltas do not follow each other. */
  constructor(recording: Recording, name: string) {
    this.recording = recording;
    this.name = name;
    this.#keyframes.set(0, recording.snapshot);
    this.#position = 0;
    this.#snapshot = recording.snapshot;
    this.seek(recording.deltas.length);
  }

  /** 0: the first state; the number of deltas: the last one. */
  get position(): number {
    return this.#position;
  }

  get last(): number {
    return this.recording.deltas.length;
  }

  get snapshot(): Snapshot {
    return this.#snapshot;
  }

  seek(position: number): void {
    const target = Math.max(0, Math.min(this.last, Math.round(position)));
    let at = target >= this.#position ? this.#position : target - (target % KEYFRAME);
    let snapshot = at === this.#position ? this.#snapshot : (this.#keyframes.get(at) ?? this.recording.snapshot);
    for (; at < target; at += 1) {
      const delta = this.recording.deltas[at];
      if (delta !== undefined) snapshot = follow(snapshot, delta, at);
      if ((at + 1) % KEYFRAME === 0) this.#keyframes.set(at + 1, snapshot);
    }
    this.#position = target;
    this.#snapshot = snapshot;
    this.#course = undefined;
  }

  /** The course of all servers together up to the position. */
  course(): Course {
    if (this.#course !== undefined) return this.#course;
    const course = new Course();
    const { snapshot, deltas } = this.recording;
    for (const { time, totals } of [snapshot, ...deltas.slice(0, this.#position)])
      course.append(time, totals, snapshot.about.history);
    this.#course = course;
    return course;
  }

  /** The course of one server up to the position. */
  courseOf(server: string): Course {
    const course = new Course();
    const { snapshot, deltas } = this.recording;
    let figures: Figures | undefined = snapshot.state.figures[server];
    if (figures !== undefined) course.append(snapshot.time, figures, snapshot.about.history);
    for (const { time, set, gone } of deltas.slice(0, this.#position)) {
      if (gone.figures?.includes(server) === true) figures = undefined;
      figures = set.figures?.[server] ?? figures;
      if (figures !== undefined) course.append(time, figures, snapshot.about.history);
    }
    return course;
  }
}

function follow(snapshot: Snapshot, delta: Delta, at: number): Snapshot {
  try {
    return applied(snapshot, delta);
  } catch (error) {
    throw new Error(`the recording is damaged: step ${at + 1} does not follow the one before`, { cause: error });
  }
}

/** Reads a file of the command "Export a recording". Throws an Error in words for people where the text is something else. */
export function readRecording(text: string, name: string): Playback {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error('the file is no JSON', { cause: error });
  }
  const { kind, format, snapshot, deltas } = (value ?? {}) as Partial<Recording>;
  if (kind !== 'mailstation-recording') throw new Error('the file is no recording of this dashboard');
  if (format !== 1)
    throw new Error(
      `the recording has the form ${String(format)}, and this page reads form 1: use a newer mailstation`,
    );
  if (snapshot?.state === undefined || !Array.isArray(deltas))
    throw new Error('the recording is damaged: parts are missing');
  return new Playback({ ...(value as Recording), snapshot: bare(snapshot) }, name);
}

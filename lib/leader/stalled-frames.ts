import { performance } from '../timers.js';
import type { Session } from './session.js';

interface BegunFrame {
  /** Number of frames that were complete before this one. */
  readonly frames: number;
  /** Time at which the frame was first seen incomplete, on the clock of `performance.now()`. */
  readonly since: number;
}

/** Finds connections that have begun a frame and do not continue it. */
export class StalledFrames {
  /** Connections that were in the middle of a frame at the last search. */
  #begun = new Map<Session, BegunFrame>();

  /** Connections that have been in the middle of one frame for more than `ms`, as far as searches at intervals can tell. */
  find(sessions: Iterable<Session>, ms: number): Session[] {
    const now = performance.now();
    const stalled: Session[] = [];
    const begun = new Map<Session, BegunFrame>();
    for (const session of sessions) {
      const { frames, isMidFrame, isBlocked } = session.progress;
      if (!isMidFrame || isBlocked) continue; // a blocked connection is not read: the rest may have arrived long ago
      const before = this.#begun.get(session);
      const since = before?.frames === frames ? before.since : now;
      begun.set(session, { frames, since });
      if (now - since > ms) stalled.push(session);
    }
    this.#begun = begun;
    return stalled;
  }
}

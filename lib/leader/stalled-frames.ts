import type { Session } from './session.js';

interface Begun {
  /** That had come before it. */
  readonly frames: number;
  readonly since: number;
}

/** Finds the connections that have begun a frame and do not get on with it. */
export class StalledFrames {
  /** Those that were in the middle of one at the last look. */
  #midFrame = new Map<Session, Begun>();

  /** Which have been in the middle of the same frame for longer than `ms`, as far as looks at intervals can tell. */
  look(sessions: Iterable<Session>, ms: number): Session[] {
    const now = performance.now();
    const stuck: Session[] = [];
    const midFrame = new Map<Session, Begun>();
    for (const session of sessions) {
      const { frames, isMidFrame, isBlocked } = session.progress;
      if (!isMidFrame || isBlocked) continue; // of a blocked one nothing is read: the rest may have come long ago
      const before = this.#midFrame.get(session);
      const since = before?.frames === frames ? before.since : now;
      midFrame.set(session, { frames, since });
      if (now - since > ms) stuck.push(session);
    }
    this.#midFrame = midFrame;
    return stuck;
  }
}

import type { FailedCall } from '../serving/call-failures.js';

/**
 * Events of a shared client, each with its arguments. In the process that leads, the events of the real client are
 * emitted too.
 */
export type ClusterClientEvents = {
  /** A Leader takes calls: this process, or the one that it follows. Emitted anew after each change of the Leader. */
  ready: [];
  /** The Leader is gone, or the shared client has closed. */
  close: [];
  /**
   * An error that no call was rejected with: a first value that took longer than `subscribeTimeout`, an obstacle to
   * leading or following, or a failure of the real client.
   */
  error: [error: Error];
  /** A call of the real client failed, of a Follower or of this process. Emitted in the process that leads. */
  callFailed: [failure: FailedCall];
};

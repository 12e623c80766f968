/** Events that a shared client emits by itself, each with its arguments. */
export type ClusterClientEvents = {
  /** A Leader takes calls: this process, or the one that it follows. Emitted anew after each change of the Leader. */
  ready: [];
  /** The Leader is gone, or the shared client has closed. */
  close: [];
  /** The shared client failed where no call could be rejected: a value that a listener threw on, a Leader that refuses. */
  error: [error: Error];
};

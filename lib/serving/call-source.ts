import type { Channel } from './channel.js';
import type { IncomingCall } from './incoming-call.js';

/** Calls of one source that are admitted and not over. `ConcurrencyLimit` does the counting. */
export interface CallCounter {
  /** Calls that run, and calls that wait for their turn. */
  admitted: number;
  /** Calls that have a place among the running calls. */
  running: number;
  /** The connection has ended. */
  isGone: boolean;
  /** Called with each call for whose answer the server waits no longer. */
  givenUp?(call: IncomingCall): void;
}

/**
 * Source of incoming calls: one connection, or a user's acceptor. `ConcurrencyLimit.admit` calls the methods. `Frame` holds the
 * bytes of a `Request`.
 */
export interface CallSource<Request, Frame> extends CallCounter {
  /**
   * Refuses a request for which there is no room. Nothing of the request has been decoded. `retryAfter` is the time after which
   * another attempt may find room. Unit: ms
   */
  refuse(request: Request, frame: Frame, why: string, retryAfter: number): void;
  /**
   * Makes the call of a request for which there is room: looks the method up, then decodes the arguments. Undefined: the
   * source has answered the request with the reason, and the request takes no place.
   */
  makeCall(request: Request, frame: Frame, channel: Channel, deadline: number): IncomingCall | undefined;
  /** Called with each call that has to wait for its turn. */
  onQueued?(call: IncomingCall): void;
}

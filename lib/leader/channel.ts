import type { IncomingCall } from './incoming-call.js';

/** What leads a channel: for an RPC server the dispatcher over its services, for `cluster()` the real client. */
export interface Channel {
  /** Undefined: it takes Followers of whatever channel, as a pomelo server does, which has no id. */
  readonly name: string | undefined;
  /** Must not throw, and answers the call once, now or later. */
  invoke(call: IncomingCall): void;
}

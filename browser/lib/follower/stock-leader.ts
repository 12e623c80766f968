import type { OutgoingCall } from '../call/outgoing-call.js';

/** No Leader of the package cluster-client has WebSockets, which is what a page connects by. */
export function refusesAtStock(_call: OutgoingCall): boolean {
  return false;
}

import type { OutgoingCall } from '../call/outgoing-call.js';
import type { Agreement } from './registration.js';

/** No Leader of the package cluster-client has WebSockets, which is what a page connects by. */
export const refusesAtStock: (call: OutgoingCall, agreement: Agreement) => boolean = () => false;

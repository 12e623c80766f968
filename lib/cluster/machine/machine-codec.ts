import type { OutgoingCall } from '../../call/outgoing-call.js';
import type { RequestCodec } from '../../call/request-codec.js';
import { directRequestCodec } from '../../follower/request-codec.js';
import { readRelayedAnswer, whyRelayLost } from '../../relay/relayed-answer.js';

/**
 * The codec of a call to the process that has the connection of the machine: written as to the Leader itself, and answered as by a relay.
 * `onReturned`: the call was not sent to a Leader.
 */
export function machineCodec(onReturned: (call: OutgoingCall) => void): RequestCodec<OutgoingCall> {
  return {
    ...directRequestCodec,
    readAnswer: (call, head, frame, codec) => readRelayedAnswer(call, head, frame, codec, onReturned),
    lost: whyRelayLost,
  };
}

import type { ArgumentIssue } from '../../lib/argument-issue.js';
import type { OutgoingCall } from '../../lib/call/outgoing-call.js';
import { RemoteMethod } from '../../lib/call/remote-method.js';
import type { RequestCodec } from '../../lib/call/request-codec.js';
import { RpcCode, RpcError } from '../../lib/errors.js';
import { directRequestCodec, undecodable } from '../../lib/follower/request-codec.js';
import type { Codec } from '../../lib/protocol/codec.js';
import type { FrameWriter } from '../../lib/protocol/frame-writer.js';
import type { Head } from '../../lib/protocol/message.js';
import type { FrameView } from '../../lib/protocol/packet.js';
import type { RelayFailureHead } from '../../lib/protocol/relay-message.js';
import { rebuildError, rpcCode } from '../../lib/wire-errors.js';

/** Reasons of this process for ending a line or a mailbox. The relay is still there then. */
const ENDED_HERE: readonly RpcCode[] = [RpcCode.Closed, RpcCode.ServerRemoved];

/**
 * The codec of a call that goes through a relay, a process of ours that has a connection to the server. Heads name the
 * server by its number on this line, and the relay's own failures are believed, which a server's are not.
 */
export class RelayRequestCodec implements RequestCodec<OutgoingCall> {
  readonly #to: number;
  readonly #onReturned: (call: OutgoingCall) => void;
  /** The same methods, with heads that name this server. */
  readonly #methods = new WeakMap<RemoteMethod, RemoteMethod>();

  /** `to`: number of the server on this line. `onReturned`: the call was not sent, and goes another way. */
  constructor(to: number, onReturned: (call: OutgoingCall) => void) {
    this.#to = to;
    this.#onReturned = onReturned;
  }

  head({ method, args, oneway, hasStreams, stream, upload }: OutgoingCall, meta: boolean): Buffer {
    let relayed = this.#methods.get(method);
    if (relayed === undefined) {
      relayed = new RemoteMethod(method, method.name, this.#to);
      this.#methods.set(method, relayed);
    }
    const items = meta ? args.length + 1 : args.length;
    if (!hasStreams) return relayed.head(items, oneway, meta);
    return relayed.streamHead(items, stream?.time, meta, false, upload !== undefined);
  }

  writeBody(call: OutgoingCall, out: FrameWriter, codec: Codec, meta: boolean): void {
    directRequestCodec.writeBody(call, out, codec, meta);
  }

  readAnswer(call: OutgoingCall, head: Head, frame: FrameView, codec: Codec): void {
    if (head.type !== 'relay_failure') return directRequestCodec.readAnswer(call, head, frame, codec);
    let failure: RelayFailure | undefined;
    try {
      failure = readRelayFailure(head, codec, frame);
    } catch (error) {
      return undecodable(call, error);
    }
    if (failure === undefined) this.#onReturned(call);
    else
      call.fail(
        call.error(failure.code, failure.message, head.delivery, failure.cause, undefined, { issues: failure.issues }),
      );
  }

  lost(reason: RpcError): string {
    if (ENDED_HERE.includes(reason.code)) return reason.message;
    return `the process that relayed the call is gone: ${reason.message}`;
  }
}

interface RelayFailure {
  readonly code: RpcCode;
  readonly message: string;
  readonly cause: unknown;
  readonly issues: readonly ArgumentIssue[] | undefined;
}

/** Undefined: the relay is stopping and has not sent the call, which comes back. */
function readRelayFailure(
  { code, delivery }: RelayFailureHead,
  codec: Codec,
  { bytes, bodyStart, end }: FrameView,
): RelayFailure | undefined {
  if (code === RpcCode.Stopping && delivery === 'not-sent') return undefined;
  const error = rebuildError(codec.decode(bytes, bodyStart, end));
  const { message, cause } = error;
  const issues = error instanceof RpcError ? error.issues : undefined;
  return { code: rpcCode(code) ?? RpcCode.ConnectionLost, message, cause, issues };
}

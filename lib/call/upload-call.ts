import { RpcCode } from '../errors.js';
import type { Codec } from '../protocol/codec.js';
import type { Head } from '../protocol/message.js';
import type { FrameView } from '../protocol/packet.js';
import { performance } from '../timers.js';
import type { CallOptions, Settle } from './call-contract.js';
import type { CallState, WaitsFor } from './call-state.js';
import { OutgoingCall } from './outgoing-call.js';
import type { OutgoingUpload } from './outgoing-stream.js';
import type { RemoteMethod } from './remote-method.js';
import { takeStreamFrame } from './stream-frame.js';
import { giveBackSource, takeSource } from './taken-sources.js';
import { Upload } from './upload.js';

const TAKEN =
  'the source of its stream was given to another call, and can be read once: give each call a source of its own';

/** A call with the option `stream`: items follow its arguments. The source is asked to end when the call is answered, or fails. A call whose source another call has taken has failed. */
export class UploadCall extends OutgoingCall {
  readonly #upload: Upload | undefined;

  constructor(
    method: RemoteMethod,
    args: unknown[],
    timeout: number,
    oneway: boolean,
    options: CallOptions,
    routeParam: unknown,
    settle: Settle,
    startedAt = performance.now(),
  ) {
    const { stream } = options;
    const isTaken = stream !== undefined && !takeSource(stream);
    const upload = stream === undefined || isTaken ? undefined : new Upload(stream);
    const settled: Settle = (error, results) => {
      if (upload?.hasBegun === false) giveBackSource(stream as object);
      upload?.stop();
      settle(error, results);
    };
    super(method, args, timeout, oneway, options, routeParam, settled, startedAt);
    this.isCancellable = true;
    this.#upload = upload;
    if (upload !== undefined) upload.call = this;
    if (isTaken) this.fail(this.error(RpcCode.InvalidArgument, TAKEN, 'not-sent'));
  }

  override get upload(): OutgoingUpload | undefined {
    return this.#upload;
  }

  override get hasStreams(): boolean {
    return true;
  }

  /** The time of a stream says nothing about the latency of its server. */
  override get sentAt(): undefined {
    return undefined;
  }

  override move(to: Exclude<CallState, 'settled'>, waitsFor?: WaitsFor): boolean {
    if (to === 'answered') this.#upload?.stop();
    return super.move(to, waitsFor);
  }

  streamFrame(head: Head, frame: FrameView, codec: Codec): boolean {
    return takeStreamFrame(this, head, frame, codec);
  }
}

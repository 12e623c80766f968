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
import { Upload } from './upload.js';

/** A call with the option `stream`: items follow its arguments. The source is asked to end when the call is answered, or fails. */
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
    const upload = options.stream === undefined ? undefined : new Upload(options.stream);
    const settled: Settle = (error, results) => {
      upload?.stop();
      settle(error, results);
    };
    super(method, args, timeout, oneway, options, routeParam, settled, startedAt);
    this.isCancellable = true;
    this.#upload = upload;
    if (upload !== undefined) upload.call = this;
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

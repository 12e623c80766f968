import { performance } from '../timers.js';
import type { CallOptions } from './call-contract.js';
import type { CallState, WaitsFor } from './call-state.js';
import type { OutgoingStream } from './outgoing-stream.js';
import type { RemoteMethod } from './remote-method.js';
import { StreamedResult, type StreamTimes } from './streamed-result.js';
import { UploadCall } from './upload-call.js';

/** A call whose results are a stream, with or without an upload. The call is over with the end of the stream. */
export class StreamCall extends UploadCall {
  readonly result: StreamedResult;
  /** End of the time of the after filters; `Infinity` before. */
  #filteredBy = Number.POSITIVE_INFINITY;

  constructor(method: RemoteMethod, args: unknown[], times: StreamTimes, options: CallOptions, routeParam: unknown) {
    const result = new StreamedResult(times);
    const settle = result.settle.bind(result);
    super(method, args, times.timeout, false, options, routeParam, settle, times.startedAt);
    this.result = result;
    result.call = this;
  }

  override get stream(): OutgoingStream {
    return this.result;
  }

  /** Moves with the stream: see {@link StreamTimes}. */
  override get deadline(): number {
    return Math.min(this.result.deadline, this.#filteredBy);
  }

  /** Cancels the reading too: see {@link StreamedResult.cancelledBy}. */
  override cancelledBy(signal: AbortSignal): void {
    super.cancelledBy(signal);
    this.result.cancelledBy(signal);
  }

  override move(to: Exclude<CallState, 'settled'>, waitsFor?: WaitsFor): boolean {
    if (to === 'answered') this.#filteredBy = performance.now() + this.timeout;
    return super.move(to, waitsFor);
  }
}

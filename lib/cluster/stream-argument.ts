import type { CallOptions } from '../call/call-contract.js';
import type { IncomingCall } from '../serving/incoming-call.js';
import { discardStream, isStreamable } from '../stream/stream-source.js';

/** Meta of a call of which one argument is a stream of items: the place of that argument among the others. */
interface StreamPlace {
  readonly stream: number;
}

/** Arguments of a call as they are sent, and the stream among them as an option of the call. */
export interface SentArguments {
  readonly args: unknown[];
  readonly options: CallOptions;
  /** Why the arguments cannot be sent. */
  readonly wrong?: string;
}

const NO_OPTIONS: CallOptions = {};

/** Called once with the outcome of a call: the error that the caller gets, or all results. */
export type SettleShared = (error: Error | undefined, results: readonly unknown[]) => void;

/** True where an argument is a stream of items: an AsyncIterable or a ReadableStream. */
export function hasStream(args: readonly unknown[]): boolean {
  return args.some(isStreamable);
}

/** Ends the streams among the arguments of a call that is not sent, as far as they need an end, and settles the call. */
export function settleUnsent(args: readonly unknown[], settle: SettleShared, error: Error): void {
  discardStreams(args);
  settle(error, []);
}

/** Takes the stream out of the arguments. */
export function takeStream(args: unknown[]): SentArguments {
  const at = args.findIndex(isStreamable);
  if (at < 0) return { args, options: NO_OPTIONS };
  const others = args.toSpliced(at, 1);
  if (hasStream(others)) {
    discardStreams(args);
    return { args: [], options: NO_OPTIONS, wrong: 'several of its arguments are streams, and a call sends one' };
  }
  const place: StreamPlace = { stream: at };
  return { args: others, options: { stream: args[at] as AsyncIterable<unknown>, meta: place } };
}

/** Puts the stream of a call back among its arguments. False where the caller has named a place that is none. */
export function placeStream(call: Pick<IncomingCall, 'args' | 'meta' | 'context'>): boolean {
  const { args, meta } = call;
  const at: unknown = (meta as Partial<StreamPlace> | null | undefined)?.stream;
  if (at === undefined) return true;
  const { stream } = call.context;
  if (stream === undefined || !Number.isInteger(at) || !((at as number) >= 0 && (at as number) <= args.length))
    return false;
  args.splice(at as number, 0, stream);
  return true;
}

function discardStreams(args: readonly unknown[]): void {
  for (const arg of args) if (isStreamable(arg)) discardStream(arg);
}

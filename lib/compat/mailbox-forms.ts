import { CalledBackError, isErrorLike } from '../called-back.js';
import { noteFirst } from '../falsy-first.js';

/** A mailbox as pomelo-rpc calls one: a debug tracer before the arguments. The tracer is always null here. */
interface WithTracer<Msg, Opts> {
  connect(tracer: null, callback: (error?: unknown) => void): void;
  send(
    tracer: null,
    msg: Msg,
    opts: Opts,
    callback: (tracer: null, error?: unknown, response?: readonly unknown[]) => void,
  ): void;
}

/** A mailbox as pomelo-rpc's README has one. */
interface WithoutTracer<Msg, Opts> {
  connect(callback: (error?: unknown) => void): void;
  send(msg: Msg, opts: Opts, callback: (error?: unknown, ...results: unknown[]) => void): void;
}

// Each method is told apart by itself: a mailbox may take the tracer in one method and not in the other.
type AnyForm<Msg, Opts> = WithTracer<Msg, Opts> | WithoutTracer<Msg, Opts>;

/** Connects a mailbox of either form. */
export function connectMailBox<Msg, Opts>(mailbox: AnyForm<Msg, Opts>, callback: (error?: unknown) => void): void {
  const hasTracer = mailbox.connect.length !== 1;
  if (hasTracer) (mailbox as WithTracer<Msg, Opts>).connect(null, callback);
  else (mailbox as WithoutTracer<Msg, Opts>).connect(callback);
}

/** Sends a call by a mailbox of either form. The callback gets the error, if there is one, and the results. */
export function sendByMailBox<Msg, Opts>(
  mailbox: AnyForm<Msg, Opts>,
  msg: Msg,
  opts: Opts,
  callback: (error: unknown, results: readonly unknown[]) => void,
): void {
  const hasTracer = mailbox.send.length !== 3;
  if (hasTracer) {
    (mailbox as WithTracer<Msg, Opts>).send(null, msg, opts, (_tracer, error, response = []) => {
      // The response has all that the remote method gave its callback, the error first.
      const [first, ...results] = response;
      noteFirst(results, first);
      callback(error || (first && !isErrorLike(first) ? new CalledBackError(response) : first), results);
    });
  } else {
    (mailbox as WithoutTracer<Msg, Opts>).send(msg, opts, (error, ...results) => callback(error, results));
  }
}

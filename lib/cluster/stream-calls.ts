import { inThisContext } from '../async-context.js';
import type { HeldCalls } from '../call/held-calls.js';
import type { OutgoingCall } from '../call/outgoing-call.js';
import { StreamCall } from '../call/stream-call.js';
import type { StreamedResult, StreamTimes } from '../call/streamed-result.js';
import { outerCall } from '../call-context.js';
import { RpcCode, RpcError } from '../errors.js';
import { performance } from '../timers.js';
import { callerError } from './error-names.js';
import type { ResolvedClusterOptions } from './options.js';
import type { Role } from './role/role.js';
import type { SharedMethods } from './shared-methods.js';
import { takeStream } from './stream-argument.js';

/** The shared client as its streams see it. */
export interface StreamCallsOwner {
  role(): Role | undefined;
  /** Why no call is taken. Undefined: calls are sent, or wait for a role. */
  refusal(): Error | undefined;
}

/** Times of a stream that waits for a role first. */
type OpenTimes = { -readonly [Name in keyof StreamTimes]: StreamTimes[Name] };

/** Calls of a shared client whose results are streams, from the call to the role. */
export class StreamCalls {
  readonly #options: ResolvedClusterOptions;
  readonly #methods: SharedMethods;
  readonly #held: HeldCalls;
  readonly #owner: StreamCallsOwner;

  constructor(options: ResolvedClusterOptions, methods: SharedMethods, held: HeldCalls, owner: StreamCallsOwner) {
    this.#options = options;
    this.#methods = methods;
    this.#held = held;
    this.#owner = owner;
  }

  /**
   * Calls a method for a stream. The first item comes within `responseTimeout` of a role. Without a role, the call waits for
   * `maxWaitTime`. A stream that has begun ends with its Leader. An argument that is a stream is sent as an upload.
   */
  make(name: string, given: unknown[]): StreamedResult {
    const { responseTimeout: timeout, maxWaitTime } = this.#options;
    const startedAt = performance.now();
    const endsAt = outerCall()?.deadline ?? Number.POSITIVE_INFINITY;
    const times: OpenTimes = { time: 'first', timeout, startedAt, idleTimeout: 0, endsAt };
    const { args, options, wrong } = takeStream(given);
    const call = new StreamCall(this.#methods.get(name), args, times, options, undefined);
    call.serverId = this.#options.name;
    // The real client's own error reaches the reader, as it reaches the caller of a plain call.
    call.intercept((settle) => (error, results) => settle(error && (callerError(error) as RpcError), results));
    if (wrong !== undefined) call.fail(call.error(RpcCode.InvalidArgument, wrong, 'not-sent'));
    this.#send(call, times, startedAt + maxWaitTime);
    return call.result;
  }

  #send(call: StreamCall, times: OpenTimes, waitUntil: number): void {
    if (call.isSettled) return;
    const refusal = this.#owner.refusal();
    if (refusal !== undefined) return void call.fail(refused(call, refusal));
    const role = this.#owner.role();
    if (role === undefined || role.isFull) return this.#hold(call, times, waitUntil);
    times.startedAt = performance.now();
    if (role.isLeader && !this.#options.localDeadline) times.timeout = Number.POSITIVE_INFINITY;
    role.invoke(call);
  }

  /** A plain call holds the place of this one, whose own time begins with the role. */
  #hold(call: StreamCall, times: OpenTimes, waitUntil: number): void {
    const left = Math.max(1, Math.ceil(waitUntil - performance.now()));
    const send = inThisContext(() => this.#send(call, times, waitUntil));
    const placeholder = this.#methods.call(call.method.name, [], left, false, (error) => {
      if (error === undefined) send();
      else call.fail(error);
    });
    placeholder.move('queued', 'connection');
    this.#held.add(placeholder);
    call.heldBy(() => this.#held.delete(placeholder));
  }
}

/** The reason for which no call is taken, as the error of a call. */
export function refused(call: OutgoingCall, reason: Error): RpcError {
  return reason instanceof RpcError ? reason : call.error(RpcCode.Remote, reason.message, 'not-sent', reason);
}

import { contextOfNow } from '../lib/async-context.js';
import { type CallContext, enter, leave } from '../lib/call-context.js';
import { noteResults, resultsOf } from '../lib/called-back.js';
import type { Logger } from '../lib/diagnostics.js';
import { RpcCode, RpcError } from '../lib/errors.js';
import { type Filtered, type PreparedFilter, prepareFilters, runFilters } from '../lib/filters.js';
import type { RpcMessage } from '../lib/rpc-message.js';
import { type AnswerSink, dispatch } from '../lib/service/dispatcher.js';
import type { ServedMethod } from '../lib/service/service-registry.js';
import type { IncomingCall } from '../lib/serving/incoming-call.js';
import { PAST_DEADLINE } from '../lib/serving/overload.js';
import { discardStream, isStreamable } from '../lib/stream/stream-source.js';
import { performance } from '../lib/timers.js';
import { FilteredStream } from './filtered-stream.js';
import type { ServerFilter } from './filters.js';

type FilteredCall = Filtered<RpcMessage, CallContext>;
type Prepared = readonly PreparedFilter<RpcMessage, CallContext>[];

/** Codes of a filter's own errors that the caller gets as they are, and not as the cause of `ERR_RPC_FILTER`. */
const PASSED_ON: readonly RpcCode[] = [RpcCode.Forbidden, RpcCode.Overloaded];

/** Identity of a server for the filters. */
export interface FilteringServer {
  readonly id: string | undefined;
  readonly serverType: string | undefined;
}

/** Filters of a server, around the methods. A call has a place among the running calls while the filters run. */
export class ServerFilters {
  readonly #server: FilteringServer;
  #befores: Prepared = [];
  #afters: Prepared = [];

  constructor(server: FilteringServer) {
    this.#server = server;
  }

  /** True where calls need no filters, and go to their methods at once. */
  get isEmpty(): boolean {
    return this.#befores.length === 0 && this.#afters.length === 0;
  }

  addBefore(filters: ServerFilter | readonly ServerFilter[]): void {
    this.#befores = [...this.#befores, ...prepareFilters(filters, 'before')];
  }

  addAfter(filters: ServerFilter | readonly ServerFilter[]): void {
    this.#afters = [...this.#afters, ...prepareFilters(filters, 'after')];
  }

  /**
   * Runs the before filters, then the method, then the after filters, and answers once. Never throws. `mayStart` returns the error for which
   * the server may not start a method any more: filters may take long.
   */
  serve(
    method: ServedMethod,
    call: IncomingCall,
    logger: Logger,
    mayStart: (() => RpcError | undefined) | undefined,
  ): void {
    const afters = this.#afters;
    const { args } = call;
    const filtered: FilteredCall = {
      serverId: this.#server.id ?? '',
      msg: messageOf(method, args, this.#server.serverType ?? ''),
      opts: call.context,
      current: undefined,
      within: within(call),
    };
    const { within: step } = filtered;
    runFilters(this.#befores, filtered, (error) => {
      if (call.isOver) return; // the call was refused or dropped meanwhile
      const refusal = error === undefined ? whyNotNow(call, mayStart) : refusalOf(error);
      const wrong = refusal ?? whyUnservable(filtered, method, this.#server);
      if (wrong !== undefined) return call.refuse(wrong);
      if (call.isAborted && !call.oneway) return call.drop(); // no caller waits
      const answer = afters.length === 0 ? call : new FilteredAnswer(call, afters, filtered);
      step?.(() => dispatch(method, filtered.msg.args, answer, logger, mayStart));
    });
  }
}

/** The way of a call's answer, through the after filters. */
class FilteredAnswer implements AnswerSink {
  readonly #call: IncomingCall & AnswerSink;
  readonly #afters: Prepared;
  readonly #filtered: FilteredCall;

  constructor(call: IncomingCall, afters: Prepared, filtered: FilteredCall) {
    this.#call = call;
    this.#afters = afters;
    this.#filtered = filtered;
  }

  succeed(results: readonly unknown[]): void {
    const [value] = results;
    if (this.takesStream(value)) this.#call.succeed([new FilteredStream(value, () => this.#settled())]);
    else
      this.#run((error) => {
        if (error === undefined) return this.#call.succeed(results);
        if (isStreamable(value)) discardStream(value); // the error is the answer, and no one gets the stream
        this.#call.fail(error);
      });
  }

  fail(failure: Error): void {
    const beside = resultsOf(failure);
    this.#run((error) => {
      if (error !== undefined) return this.#call.fail(error);
      // What the method called back beside the error is forgotten when the tick of the callback is over.
      if (beside !== undefined) noteResults(failure, beside);
      this.#call.fail(failure);
      if (beside !== undefined) noteResults(failure, []);
    });
  }

  refuse(error: RpcError): void {
    this.#call.refuse(error);
  }

  takesStream(value: unknown): boolean {
    return this.#call.takesStream?.(value) === true;
  }

  #settled(): Promise<void> {
    return new Promise((resolve, reject) => this.#run((error) => (error === undefined ? resolve() : reject(error))));
  }

  #run(done: (error?: Error) => void): void {
    runFilters(this.#afters, this.#filtered, done);
  }
}

/** Runs each filter and the method in the async context in which the call arrived, with `callContext()`. */
function within(call: IncomingCall): <T>(step: () => T) => T {
  const resume = contextOfNow();
  return (step) =>
    resume(() => {
      const outer = enter(call);
      try {
        return step();
      } finally {
        leave(outer);
      }
    });
}

function messageOf({ namespace, service, method }: ServedMethod, args: unknown[], serverType: string): RpcMessage {
  return { namespace, serverType, service, method, args };
}

/** The error of a call whose time is over, or that this server may not start any more. */
function whyNotNow(call: IncomingCall, mayStart: (() => RpcError | undefined) | undefined): RpcError | undefined {
  if (call.deadline <= performance.now()) return new RpcError(RpcCode.Timeout, PAST_DEADLINE);
  return mayStart?.();
}

function refusalOf(error: Error): RpcError {
  const { cause } = error;
  const isOwn = cause instanceof RpcError && cause.serverId === undefined && cause.method === undefined;
  if (isOwn && PASSED_ON.includes(cause.code)) return cause;
  return new RpcError(RpcCode.Filter, error.message, { cause });
}

/** Filters may change the arguments, and nothing else: permissions were decided for this method. */
function whyUnservable(
  { msg, serverId }: FilteredCall,
  of: ServedMethod,
  { id }: FilteringServer,
): RpcError | undefined {
  if (serverId !== (id ?? ''))
    return new RpcError(
      RpcCode.Filter,
      'a filter of the server named another server, which only a filter of a client can do',
    );
  const isSame = msg?.namespace === of.namespace && msg.service === of.service && msg.method === of.method;
  if (isSame && Array.isArray(msg.args)) return undefined;
  return new RpcError(
    RpcCode.Filter,
    'the before filters of the server left another message than that of the method; they may change its args only',
  );
}

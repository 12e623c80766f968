import type { AttemptMessage, BroadcastMessage, CallMessage } from '../../lib/channels.js';
import { RpcCode, RpcError } from '../../lib/errors.js';
import { performance } from '../../lib/timers.js';
import type { OtelContext, OtelSpan, OtelSpanContext } from './api.js';
import { ATTRIBUTE, OTHER_METHOD, SPAN_KIND, SYSTEM } from './conventions.js';
import type { Durations } from './durations.js';
import { OpenWork } from './open-work.js';
import { endSpan, type Spans, setOutcome } from './spans.js';

/** A call, an attempt or a call of all servers that has begun. */
interface Begun {
  readonly span: OtelSpan | undefined;
  /** On the clock of `performance.now()`. Unit: ms */
  readonly startedAt: number;
  readonly parent: OtelContext | undefined;
  /** Span of the last attempt, for the link of the next one. */
  lastAttempt?: OtelSpanContext;
}

/** Spans and durations of the calls that clients make. */
export class ClientCalls {
  readonly calls = new OpenWork<CallMessage, Begun>();
  readonly attempts = new OpenWork<AttemptMessage, Begun>();
  readonly broadcasts = new OpenWork<BroadcastMessage, Begun>();
  readonly #spans: Spans | undefined;
  readonly #durations: Durations | undefined;
  readonly #ignore: (method: string) => boolean;

  /** Undefined: no spans; no durations. */
  constructor(spans: Spans | undefined, durations: Durations | undefined, ignore: (method: string) => boolean) {
    this.#spans = spans;
    this.#durations = durations;
    this.#ignore = ignore;
  }

  callStarts(message: CallMessage): void {
    if (this.#ignore(message.method)) return;
    const startedAt = performance.now();
    const parent = this.#spans?.options.api.context.active();
    const span = parent && this.#start(message, startedAt, parent);
    this.calls.begin(message, { span, startedAt, parent });
  }

  callEnds(message: CallMessage): void {
    const begun = this.calls.end(message);
    if (begun === undefined) return;
    const { error, method, serverType } = message;
    // A reading of the clock: the SDK takes a number that is later than now for a time since 1970.
    const endedAt = performance.now();
    // A name that is no method's may come from anywhere, and is no label.
    const label = error?.code === RpcCode.NoMethod ? OTHER_METHOD : method;
    this.#durations?.client(endedAt - begun.startedAt, label, error?.code, error?.code, serverType);
    this.#end(message, begun, endedAt);
  }

  attemptStarts(message: AttemptMessage): void {
    const of = this.calls.find(message.call);
    if (of?.span === undefined || of.parent === undefined) return;
    const startedAt = performance.now();
    const parent = (this.#spans as Spans).options.api.trace.setSpan(of.parent, of.span);
    const span = this.#start(message, startedAt, parent, of.lastAttempt, message.number);
    of.lastAttempt = span.spanContext();
    this.attempts.begin(message, { span, startedAt, parent });
  }

  attemptEnds(message: AttemptMessage): void {
    const begun = this.attempts.end(message);
    if (begun !== undefined) this.#end(message, begun, performance.now());
  }

  broadcastStarts(message: BroadcastMessage): void {
    const spans = this.#spans;
    if (spans === undefined || this.#ignore(message.method)) return;
    const { api } = spans.options;
    const startedAt = performance.now();
    const parent = api.context.active();
    const options = { kind: SPAN_KIND.internal, attributes: attributesOf(message), startTime: startedAt };
    const span = spans.start(message.method, options, parent);
    const context = api.trace.setSpan(parent, span);
    const { around } = message;
    message.around = (work) => api.context.with(context, around === undefined ? work : () => around(work));
    this.broadcasts.begin(message, { span, startedAt, parent });
  }

  broadcastEnds(message: BroadcastMessage): void {
    const span = this.broadcasts.end(message)?.span;
    if (span === undefined) return;
    const { error, failed = 0 } = message;
    const code = error instanceof RpcError ? error.code : error?.name;
    endSpan(span, performance.now(), () => {
      if (failed > 0) span.setAttribute(ATTRIBUTE.failedServers, failed);
      setOutcome(span, code, code, error?.message);
    });
  }

  /** Starts the span of a call or of an attempt, whose context travels with it. `earlier`, `number`: of an attempt. */
  #start(
    message: CallMessage | AttemptMessage,
    startTime: number,
    parent: OtelContext,
    earlier?: OtelSpanContext,
    number?: number,
  ): OtelSpan {
    const spans = this.#spans as Spans;
    const attributes: Record<string, string | number> = attributesOf(message);
    if (number !== undefined) attributes[ATTRIBUTE.attempt] = number;
    if (message.serverId !== undefined) attributes[ATTRIBUTE.serverId] = message.serverId;
    const links = earlier && [{ context: earlier }];
    const options = { kind: SPAN_KIND.client, attributes, startTime, ...(links && { links }) };
    const span = spans.start(message.method, options, parent);
    const fields = spans.fields(span, parent);
    if (fields !== undefined) message.trace = fields;
    return span;
  }

  #end(message: CallMessage | AttemptMessage, { span }: Begun, endedAt: number): void {
    if (span === undefined) return;
    const { error, serverId, serverAddress, serverPort, delivery } = message;
    endSpan(span, endedAt, () => {
      if (serverId !== undefined) span.setAttribute(ATTRIBUTE.serverId, serverId);
      if (serverAddress !== undefined) span.setAttribute(ATTRIBUTE.peerAddress, serverAddress);
      if (serverPort !== undefined) span.setAttribute(ATTRIBUTE.peerPort, serverPort);
      if (delivery !== undefined) span.setAttribute(ATTRIBUTE.delivery, delivery);
      setOutcome(span, error?.code, error?.code, error?.message);
    });
  }
}

function attributesOf({ method, serverType }: CallMessage | AttemptMessage | BroadcastMessage) {
  const attributes: Record<string, string> = { [ATTRIBUTE.system]: SYSTEM, [ATTRIBUTE.method]: method };
  if (serverType !== '') attributes[ATTRIBUTE.serverAddress] = serverType;
  return attributes;
}

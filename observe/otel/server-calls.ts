import type { CallOutcome } from '../../lib/call-outcome.js';
import type { ServeMessage } from '../../lib/channels.js';
import { RpcCode } from '../../lib/errors.js';
import { performance } from '../../lib/timers.js';
import type { OtelSpan } from './api.js';
import { ATTRIBUTE, OTHER_METHOD, SPAN_KIND, SYSTEM } from './conventions.js';
import type { Durations } from './durations.js';
import { OpenWork } from './open-work.js';
import { bounded, endSpan, type Spans, setOutcome } from './spans.js';

/** Outcomes that are no failure: the call went well, or the caller has left. */
const NO_FAILURE: readonly (CallOutcome | undefined)[] = ['ok', 'left'];

/** Name that a caller has made up. Unit: characters */
const MAX_NAME = 256;

/** A call whose method is about to run. */
interface Begun {
  readonly span: OtelSpan | undefined;
  /** Arrival of the call, on the clock of `performance.now()`. Unit: ms */
  readonly arrivedAt: number;
}

/** Spans and durations of the calls that servers get. */
export class ServerCalls {
  readonly calls = new OpenWork<ServeMessage, Begun>();
  readonly #spans: Spans | undefined;
  readonly #durations: Durations | undefined;
  readonly #ignore: (method: string) => boolean;

  /** Undefined: no spans; no durations. */
  constructor(spans: Spans | undefined, durations: Durations | undefined, ignore: (method: string) => boolean) {
    this.#spans = spans;
    this.#durations = durations;
    this.#ignore = ignore;
  }

  starts(message: ServeMessage): void {
    if (this.#ignore(message.method)) return;
    const arrivedAt = performance.now() - message.waited;
    this.calls.begin(message, { span: this.#spans && start(message, arrivedAt, this.#spans), arrivedAt });
  }

  ends(message: ServeMessage): void {
    const begun = this.calls.end(message);
    if (begun === undefined) return;
    const { outcome, code, error, method, isMethod } = message;
    const endedAt = performance.now();
    const errorType = NO_FAILURE.includes(outcome) ? undefined : (code ?? RpcCode.Timeout);
    const { span, arrivedAt } = begun;
    this.#durations?.server(endedAt - arrivedAt, isMethod ? method : OTHER_METHOD, code, errorType);
    if (span !== undefined) endSpan(span, endedAt, () => setOutcome(span, code, errorType, error?.message));
  }
}

/** Starts the span, as a child of the span whose context has come with the call, and makes its context the active one of the method. */
function start(message: ServeMessage, startTime: number, spans: Spans): OtelSpan {
  const { api } = spans.options;
  const { method, isMethod, serverId, trace, around } = message;
  const parent = spans.parentOf(trace);
  const attributes: Record<string, string> = {
    [ATTRIBUTE.system]: SYSTEM,
    [ATTRIBUTE.method]: isMethod ? method : OTHER_METHOD,
    [ATTRIBUTE.serverId]: serverId,
  };
  if (!isMethod) attributes[ATTRIBUTE.methodOriginal] = bounded(method, MAX_NAME);
  const span = spans.start(isMethod ? method : SYSTEM, { kind: SPAN_KIND.server, attributes, startTime }, parent);
  const context = api.trace.setSpan(parent, span);
  message.around = (work) => api.context.with(context, around === undefined ? work : () => around(work));
  return span;
}

import { noServerOfType } from '../lib/call/no-server.js';
import { idOfNumber } from '../lib/compat/numbers.js';
import { messageOf, RpcCode, RpcError } from '../lib/errors.js';
import { shown } from '../lib/quoted.js';
import { methodName } from '../lib/rpc-message.js';
import type { NonEmpty, ServerInfo } from '../lib/server-info.js';
import type { FunctionRouter, ResolvedRouter } from './resolve-router.js';
import type { RouteRequest, ServerLoad } from './router.js';

/**
 * Asks a router for the id of the server for a call: at once where the router answers at once, else as a promise. The
 * id is not checked against `servers`, since a route function may know other servers. The deadline of the call limits
 * the time that a route function takes.
 *
 * Throws, or rejects with, {@link RpcCode.Route} when the router failed or named no server, and {@link
 * RpcCode.NoServer} when a strategy has no server to choose from. A function is called even then.
 */
export function getRouteTarget(
  router: ResolvedRouter,
  servers: readonly ServerInfo[],
  request: RouteRequest,
  load: ServerLoad,
  routeContext: unknown,
): string | Promise<string> {
  if (router.kind === 'function') return askFunction(router, request, routeContext);
  if (!isNonEmpty(servers)) throw noServerOfType(methodOf(request), request.serverType);
  let picked: ServerInfo | undefined;
  try {
    picked = router.strategy.pick(servers, request, load);
  } catch (error) {
    throw failed(router, request, error);
  }
  return toServerId(router, request, picked?.id);
}

function isNonEmpty<T>(list: readonly T[]): list is NonEmpty<T> {
  return list.length > 0;
}

function askFunction(router: FunctionRouter, request: RouteRequest, routeContext: unknown): string | Promise<string> {
  const { route, self } = router;
  const first = new FirstAnswer(router.declaresCallback);
  try {
    const returned: unknown = route.call(self, request.routeParam, request.msg, routeContext, (error, serverId) =>
      error ? first.failed(error) : first.named(serverId),
    );
    // Handled even when the callback has answered: an unhandled rejection would end the process.
    if (isThenable(returned)) {
      Promise.resolve(returned).then(
        (value) => first.returned(value),
        (error) => first.failed(error),
      );
    } else first.returned(returned);
  } catch (error) {
    first.failed(error);
  }
  if (first.answer !== undefined) return settle(router, request, first.answer);
  return first.wait().then((answer) => settle(router, request, answer));
}

type Answer = { readonly ok: true; readonly serverId: unknown } | { readonly ok: false; readonly error: unknown };

/** Keeps the first answer of a route function, and ignores the others. */
class FirstAnswer {
  readonly #declaresCallback: boolean;
  #answer: Answer | undefined;
  #tell: ((answer: Answer) => void) | undefined;

  constructor(declaresCallback: boolean) {
    this.#declaresCallback = declaresCallback;
  }

  get answer(): Answer | undefined {
    return this.#answer;
  }

  failed(error: unknown): void {
    this.#give({ ok: false, error });
  }

  named(serverId: unknown): void {
    this.#give({ ok: true, serverId });
  }

  /** Takes a returned value, or the value of a returned promise, if that is an answer: see {@link RouteFunction}. */
  returned(value: unknown): void {
    if (!this.#declaresCallback || (typeof value === 'string' && value !== '')) this.named(value);
  }

  /** Resolves with the first answer. For one caller, after a look at {@link answer}. */
  wait(): Promise<Answer> {
    return new Promise((resolve) => {
      this.#tell = resolve;
    });
  }

  #give(answer: Answer): void {
    if (this.#answer !== undefined) return;
    this.#answer = answer;
    this.#tell?.(answer);
  }
}

function settle(router: FunctionRouter, request: RouteRequest, answer: Answer): string {
  if (!answer.ok) throw failed(router, request, answer.error);
  return toServerId(router, request, answer.serverId);
}

function toServerId(router: ResolvedRouter, request: RouteRequest, id: unknown): string {
  const text = idOfNumber(id);
  if (typeof text === 'string' && text !== '') return text;
  const mayExpectCallback = router.kind === 'function' && !router.declaresCallback && id === undefined;
  const hint = '. To answer later, return a promise, or declare four parameters, the last one the callback';
  throw routeError(router, request, `gave ${shown(id)} in place of a server's id${mayExpectCallback ? hint : ''}`);
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function';
  return isObject && 'then' in value && typeof value.then === 'function';
}

function failed(router: ResolvedRouter, request: RouteRequest, thrown: unknown): RpcError {
  return routeError(router, request, `failed: ${messageOf(thrown)}`, thrown);
}

function routeError(router: ResolvedRouter, request: RouteRequest, what: string, cause?: unknown): RpcError {
  const method = methodOf(request);
  const message = `${method}: router '${router.name}' ${what}`;
  return new RpcError(RpcCode.Route, message, { method, delivery: 'not-sent', cause });
}

function methodOf({ msg }: RouteRequest): string {
  return methodName(msg.namespace, msg.service, msg.method);
}

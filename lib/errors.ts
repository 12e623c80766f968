import { spanCopies } from './any-copy.js';
import type { ArgumentIssue } from './argument-issue.js';
import type { CallTiming } from './call-timing.js';
import { errorJson } from './error-json.js';
import { codeOf, errorParts, isError } from './error-parts.js';
import { inspect } from './inspect.js';

/**
 * Codes of all failures that mailstation reports. A code is added, never renamed or reused. Match on `error.code`: all
 * failures have one class. docs/errors.md has the cause and the cure of each.
 * @example
 * ```ts
 * import { RpcCode, type RpcError } from 'mailstation';
 *
 * // Causes that can pass. An argument that cannot be encoded (`RpcCode.Encode`) fails again each time.
 * const canPass: readonly RpcCode[] = [RpcCode.Connect, RpcCode.ConnectionLost, RpcCode.Overloaded, RpcCode.PendingFull];
 *
 * export function isWorthARetry({ code, delivery }: RpcError): boolean {
 *   return delivery === 'not-sent' && canPass.includes(code);
 * }
 * ```
 */
export const RpcCode = {
  /** An option or an argument has the wrong type or is out of range. Thrown before any I/O. */
  InvalidArgument: 'ERR_RPC_INVALID_ARGUMENT',
  /** The client was not started when the call was made. */
  NotStarted: 'ERR_RPC_NOT_STARTED',
  /** The client, the mailbox or the connection was closed by its owner. */
  Closed: 'ERR_RPC_CLOSED',
  /** No server of the type, or none with the id, is known. */
  NoServer: 'ERR_RPC_NO_SERVER',
  /** The router threw, rejected, or named no server. */
  Route: 'ERR_RPC_ROUTE',
  /** A before or after filter of the client aborted the call or failed, or a before filter of the server refused the call. */
  Filter: 'ERR_RPC_FILTER',
  /** More calls wait for one server's connection than `pendingSize` allows. */
  PendingFull: 'ERR_RPC_PENDING_FULL',
  /** More bytes wait to be written to one connection than `maxQueuedBytes` allows. */
  QueueFull: 'ERR_RPC_QUEUE_FULL',
  /** No connection to the server could be made in the time that the call had for it. */
  Connect: 'ERR_RPC_CONNECT',
  /**
   * A certificate was refused: expired, for another name, of an unknown authority, or missing. For a call, the code is in a `cause` of
   * {@link RpcCode.Connect}.
   */
  Certificate: 'ERR_RPC_CERTIFICATE',
  /** The peer refused the registration on its channel, or its answer made no sense. */
  Register: 'ERR_RPC_REGISTER',
  /** One of the two ends has not proven the shared secret, or the server has not accepted the token. */
  Unauthenticated: 'ERR_RPC_UNAUTHENTICATED',
  /** The connection ended before the answer came. */
  ConnectionLost: 'ERR_RPC_CONNECTION_LOST',
  /** The peer sent nothing for longer than the heartbeat allows. */
  PeerSilent: 'ERR_RPC_PEER_SILENT',
  /** The server was removed from the roster, or replaced by one at another address. */
  ServerRemoved: 'ERR_RPC_SERVER_REMOVED',
  /** The call's deadline passed. */
  Timeout: 'ERR_RPC_TIMEOUT',
  /** The caller's `AbortSignal` aborted; `cause` is the signal's reason. */
  Cancelled: 'ERR_RPC_CANCELLED',
  /** The server has more calls than its limits allow, and did not start this one. */
  Overloaded: 'ERR_RPC_OVERLOADED',
  /** An argument or a result cannot be carried faithfully by the agreed codec. */
  Encode: 'ERR_RPC_ENCODE',
  /** An answer arrived whose value cannot be decoded. */
  Decode: 'ERR_RPC_DECODE',
  /** A frame, or a part of one, is larger than its limit. */
  FrameTooLarge: 'ERR_RPC_FRAME_TOO_LARGE',
  /** The peer broke the packet format. The connection is closed after this. */
  Protocol: 'ERR_RPC_PROTOCOL',
  /** The server read the packet, but not the request in it: wrong lengths, or a call before registering. */
  BadRequest: 'ERR_RPC_BAD_REQUEST',
  /** The server does not let this caller call the method (`authorize`, `expose`). The method was not started. */
  Forbidden: 'ERR_RPC_FORBIDDEN',
  /** The server offers no such namespace, module or method. */
  NoMethod: 'ERR_RPC_NO_METHOD',
  /** The client has no proxies of that namespace, server type, module or method. */
  NoProxy: 'ERR_RPC_NO_PROXY',
  /** The method takes a callback, and was called without one, or with an argument in the place of the callback. */
  NeedsCallback: 'ERR_RPC_NEEDS_CALLBACK',
  /** The method answers with a stream, and was called without `.stream`. */
  NeedsStream: 'ERR_RPC_NEEDS_STREAM',
  /** A stream was asked for, and the method answers with one value, or the server or the way to the server has no streams. */
  NoStream: 'ERR_RPC_NO_STREAM',
  /** The source of the items that the caller sends (`with({ stream })`) has failed; `cause` is its error. The server was notified. */
  Upload: 'ERR_RPC_UPLOAD',
  /** The arguments do not fit the schemas of the method (`checked`); `issues` says where. The method was not started. */
  Validation: 'ERR_RPC_VALIDATION',
  /** The remote method failed; `cause` is its error, with name, message and code. */
  Remote: 'ERR_RPC_REMOTE',
  /** The server stopped, and cut off the call before it was answered. */
  Stopping: 'ERR_RPC_STOPPING',
  /** A remote module could not be loaded, or exports nothing that can be called. */
  Load: 'ERR_RPC_LOAD',
  /** The port is held by another process. */
  AddressInUse: 'ERR_RPC_ADDRESS_IN_USE',
  /** Listening failed for another reason than a held port. */
  Listen: 'ERR_RPC_LISTEN',
  /** Listening beyond loopback was asked for without TLS, without a secret, and without `insecure: true`. */
  Insecure: 'ERR_RPC_INSECURE',
  /** The registry (etcd) cannot be reached, or has no majority. `delivery` is `unknown` where it may have done what was asked. */
  Registry: 'ERR_RPC_REGISTRY',
  /** The registry refused a request: its quota is used up, or a value is too large. */
  RegistryRefused: 'ERR_RPC_REGISTRY_REFUSED',
  /** The lease of a registration or of an election is gone: it expired or was revoked. */
  LeaseLost: 'ERR_RPC_LEASE_LOST',
  /** Another server is registered under the same id, at another address. */
  IdInUse: 'ERR_RPC_ID_IN_USE',
  /** The server leads no more: another one may lead in its place. The method was not started. */
  StaleLeader: 'ERR_RPC_STALE_LEADER',
} as const;
/** One of the codes in the table {@link RpcCode}. */
export type RpcCode = (typeof RpcCode)[keyof typeof RpcCode];

/**
 * How far a failed call got. A retry needs this fact.
 * - `not-sent`: the call never left this process, or was certainly not started. A retry is safe, and helps where the cause
 *   can pass.
 * - `unknown`: the call was handed to a socket. The method may have run, or may still run.
 * - `answered`: the server answered, so the method has run, unless the code says otherwise.
 */
export type Delivery = 'not-sent' | 'unknown' | 'answered';

/** One attempt at a call that failed. */
export interface FailedAttempt {
  /** Id of the server; undefined where the attempt failed before a server was chosen. */
  readonly serverId: string | undefined;
  /** Code of the error of the attempt. */
  readonly code: RpcCode;
  /** How far the attempt got; see {@link Delivery}. */
  readonly delivery: Delivery | undefined;
}

/** Fields of an {@link RpcError} beside code and message. */
export interface RpcErrorDetail {
  /** Id of the server that the call was for, once the call was routed. */
  serverId?: string | undefined;
  /** Name of the method: `namespace.module.method`. */
  method?: string | undefined;
  delivery?: Delivery | undefined;
  timing?: CallTiming | undefined;
  cause?: unknown;
  attempts?: readonly FailedAttempt[] | undefined;
  retryAfter?: number | undefined;
  issues?: readonly ArgumentIssue[] | undefined;
  /** Items of a stream that the consumer has got. */
  delivered?: number | undefined;
}

/**
 * Error of every failure that mailstation reports. {@link RpcError.code} says which failure, {@link RpcError.delivery}
 * how far a call got; `cause` has the error of a remote method, with name, message and code. `instanceof RpcError` holds
 * for errors of another copy of the package in the process too.
 * @example
 * ```ts
 * import { createClient, type RpcError } from 'mailstation';
 *
 * const client = createClient();
 * client.addProxy({ namespace: 'user', serverType: 'chat' });
 * try {
 *   await client.proxies.user.chat.rooms.list();
 * } catch (error) {
 *   const { code, method, delivery } = error as RpcError;
 *   console.log(code, method, delivery); // ERR_RPC_NOT_STARTED user.rooms.list not-sent
 * }
 * ```
 */
export class RpcError extends Error {
  /** Code of the failure. Programs match on the code. */
  readonly code: RpcCode;
  /** Id of the server that the call was for; undefined before a server was chosen. */
  declare readonly serverId: string | undefined;
  /** Name of the method, `namespace.module.method`; undefined for errors without a call. */
  declare readonly method: string | undefined;
  /** How far the call got; undefined for errors without a call (options, loading, listening). */
  declare readonly delivery: Delivery | undefined;
  /** Time spent in each stage, for a call that timed out, could not be sent in time, or lost its connection. */
  declare readonly timing: CallTiming | undefined;
  /** Failed attempts in order, for a call with a `failMode` that retries; undefined otherwise. */
  declare readonly attempts?: readonly FailedAttempt[];
  /** Time after which the server may have room again, with `ERR_RPC_OVERLOADED`; undefined otherwise. Unit: ms */
  declare readonly retryAfter?: number;
  /** Reasons for which the arguments do not fit, with `ERR_RPC_VALIDATION`, at most 32; undefined otherwise. */
  declare readonly issues?: readonly ArgumentIssue[];
  /** Items that the consumer of a stream had got when the stream failed; undefined for other calls. */
  declare readonly delivered?: number;

  /** Makes an error. Fields that are not given are absent from the error, and are not printed. */
  constructor(code: RpcCode, message: string, detail: RpcErrorDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.code = code;
    // What is not known is not there, and not printed.
    const { serverId, method, delivery, timing, attempts, retryAfter, issues, delivered } = detail;
    if (serverId !== undefined) this.serverId = serverId;
    if (method !== undefined) this.method = method;
    if (delivery !== undefined) this.delivery = delivery;
    if (timing !== undefined) this.timing = timing;
    if (attempts !== undefined) this.attempts = attempts;
    if (retryAfter !== undefined) this.retryAfter = retryAfter;
    if (issues !== undefined) this.issues = issues;
    if (delivered !== undefined) this.delivered = delivered;
  }

  /**
   * Returns the error for `JSON.stringify`, as loggers that write JSON call it: name, message, code and the other fields, and
   * the chain of causes. Without the stack. A field that JSON cannot write is left out.
   * @example
   * ```ts
   * import { RpcCode, RpcError } from 'mailstation';
   *
   * const error = new RpcError(RpcCode.Remote, 'user.bank.pay on bank-1: balance is 3', { serverId: 'bank-1' });
   * console.log(JSON.stringify({ level: 'error', error }));
   * ```
   */
  toJSON(): Record<string, unknown> {
    return errorJson(this);
  }
}

// On the prototype, as the built-in errors have it: not an own property of each, and not printed twice.
Object.defineProperty(RpcError.prototype, 'name', { value: 'RpcError', configurable: true, writable: true });
spanCopies(RpcError, 'mailstation.RpcError');

/** Notes on the error of a stream, unless it is frozen, how many items its consumer has got. Returns the error. */
export function noteDelivered(error: RpcError, delivered: number): RpcError {
  Reflect.set(error, 'delivered', delivered);
  return error;
}

/** The text of anything that was thrown, Error or not. */
export function messageOf(thrown: unknown): string {
  if (isError(thrown)) return thrown.message;
  if (typeof thrown !== 'object' || thrown === null) return String(thrown);
  try {
    const { message } = thrown as { message?: unknown };
    return typeof message === 'string' ? message : inspect(thrown, { depth: 0 });
  } catch {
    return 'an object that cannot be read'; // a getter of its own that throws
  }
}

/** An Error as it is, and any other value as an Error whose `cause` is the value. An object keeps its message and code. */
export function toError(thrown: unknown): Error {
  if (isError(thrown)) return thrown;
  const error = new Error(messageOf(thrown), { cause: thrown });
  const code = typeof thrown === 'object' && thrown !== null ? codeOf(thrown) : undefined;
  return code === undefined ? error : Object.assign(error, { code });
}

/** Causes may be strangers': one that is no Error, or one that is its own cause. */
const MAX_CAUSES = 8;

/** The error, or one of its causes, has one of these codes: the system's or ours. */
export function hasCode(error: unknown, codes: readonly string[]): boolean {
  let each = error as { readonly code?: unknown; readonly cause?: unknown } | null | undefined;
  for (let depth = 0; depth < MAX_CAUSES && typeof each === 'object' && each !== null; depth++) {
    if (typeof each.code === 'string' && codes.includes(each.code)) return true;
    each = each.cause as typeof each;
  }
  return false;
}

/** Errors that {@link findCause} looks at. */
const MAX_SEARCHED = 256;

/**
 * Finds the error with a code: the error itself, one of its causes, or one of the errors that an AggregateError among them
 * gathers. A business error has its code however many services let the error through. Undefined where no error has the code.
 * @example
 * ```ts
 * import { createClient, findCause } from 'mailstation';
 *
 * const client = createClient();
 * client.addProxy({ namespace: 'user', serverType: 'shop' });
 * try {
 *   await client.proxies.user.shop.orders.buy(null, 7);
 * } catch (error) {
 *   console.log(findCause(error, 'E_NO_MONEY') === undefined ? 'another failure' : 'no money');
 * }
 * ```
 */
export function findCause(error: unknown, code: string | number): Error | undefined {
  const open: unknown[] = [error];
  const seen = new Set<Error>();
  for (let each = open.shift(); open.length + seen.size <= MAX_SEARCHED; each = open.shift()) {
    if (isError(each) && !seen.has(each)) {
      seen.add(each);
      const parts = errorParts(each);
      if (parts.code === code) return each;
      open.push(parts.cause, ...(parts.errors?.slice(0, MAX_SEARCHED) ?? []));
    }
    if (open.length === 0) return undefined;
  }
  return undefined;
}

import type { RpcMessage } from '../rpc-message.js';
import type { CallOptions } from './call-contract.js';
import type { OutgoingUpload } from './outgoing-stream.js';
import { RemoteMethod } from './remote-method.js';

/** Request of a caller: which method, with which arguments, by when. */
export class CallRequest {
  method: RemoteMethod;
  args: unknown[];
  /** Whole time of the call, ms. */
  readonly timeout: number;
  /** The caller wants no answer. */
  readonly oneway: boolean;
  options: CallOptions;
  /** First argument of a routed call: routers choose the server by it, and it is not sent. */
  readonly routeParam: unknown;
  /** ms on the clock of `performance.now()`. */
  readonly startedAt: number;
  /** Text of the trace context that travels with the call. Set only on calls that have one: a field would cost each call its memory. */
  declare trace?: string;
  /** Message on `mailstation:call`; for an attempt, the message of its call. Set only on calls that were published. */
  declare published?: object;
  #msg: RpcMessage | undefined;

  // Positional, since every call makes this one object for itself.
  constructor(
    method: RemoteMethod,
    args: unknown[],
    timeout: number,
    oneway: boolean,
    options: CallOptions,
    routeParam: unknown,
    startedAt: number,
  ) {
    this.method = method;
    this.args = args;
    this.timeout = timeout;
    this.oneway = oneway;
    this.options = options;
    this.routeParam = routeParam;
    this.startedAt = startedAt;
  }

  /** ms on the clock of `performance.now()`. */
  get deadline(): number {
    return this.startedAt + this.timeout;
  }

  get serverType(): string {
    return this.method.serverType;
  }

  /** The caller gave a value to travel beside the arguments. */
  get hasMeta(): boolean {
    return this.options.meta !== undefined;
  }

  /** The call has a trace context, for servers that take it. */
  get hasTrace(): boolean {
    return this.trace !== undefined;
  }

  /** Items that the caller sends beside the arguments. */
  get upload(): OutgoingUpload | undefined {
    return undefined;
  }

  /** True for a call with a stream, in either direction. */
  get hasStreams(): boolean {
    return false;
  }

  /** The request in pomelo's form, for routers and filters. Made when first asked for: most calls meet neither. */
  get msg(): RpcMessage {
    const { namespace, serverType, service, method } = this.method;
    this.#msg ??= { namespace, serverType, service, method, args: this.args };
    return this.#msg;
  }

  /** Takes over what a filter made of the message, whether the filter changed it or passed on another. */
  set msg(msg: RpcMessage) {
    this.#msg = msg;
    this.args = msg.args;
    if (!this.method.is(msg)) this.method = new RemoteMethod(msg);
  }
}

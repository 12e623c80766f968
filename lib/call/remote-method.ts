import { invokeHead, type StreamTime } from '../protocol/message.js';
import type { RawBytes } from '../raw-bytes.js';
import { methodName, type RpcMessage } from '../rpc-message.js';

/** Arguments up to which a head is kept; the head of a call with more is encoded anew each time. */
const MAX_KEPT_ARGUMENTS = 16;

/** Remote method as its callers know it, with the heads of its packets, which are the same at every call. */
export class RemoteMethod {
  readonly namespace: string;
  readonly serverType: string;
  readonly service: string;
  readonly method: string;
  /** Name on the wire: `namespace.module.method`, or the bare name of a shared client's method. */
  readonly name: string;
  readonly #heads: RawBytes[] = [];
  /** Made for the first call with a stream. */
  #streamHeads: RawBytes[] | undefined;
  readonly #to: number | undefined;
  readonly #caller: string | undefined;
  /** True for the twin whose heads say that a trace context comes first. */
  #isTraced = false;
  #traced: RemoteMethod | undefined;

  /** Method of which only the name on the wire is known. `caller`: name of the client whose calls are relayed. */
  static named(name: string, caller?: string): RemoteMethod {
    return new RemoteMethod({ namespace: '', serverType: '', service: '', method: name }, name, undefined, caller);
  }

  /**
   * `to`: the number by which a relay knows the server, for calls that go through one. `caller`: name of the client, for
   * calls on a connection that several clients use.
   */
  constructor(
    { namespace, serverType, service, method }: Omit<RpcMessage, 'args'>,
    name?: string,
    to?: number,
    caller?: string,
  ) {
    this.namespace = namespace;
    this.serverType = serverType;
    this.service = service;
    this.method = method;
    this.name = name ?? methodName(namespace, service, method);
    this.#to = to;
    this.#caller = caller;
  }

  /** The same method, with the heads of calls that have a trace context. Made for the first such call. */
  get traced(): RemoteMethod {
    if (this.#traced === undefined) {
      this.#traced = new RemoteMethod(this, this.name, this.#to, this.#caller);
      this.#traced.#isTraced = true;
    }
    return this.#traced;
  }

  /** `argLength`: all items of the body. `named`: the peer takes the name of the caller. */
  head(argLength: number, oneway: boolean, meta: boolean, named = false): RawBytes {
    const slot = argLength * 8 + (named ? 4 : 0) + (oneway ? 2 : 0) + (meta ? 1 : 0);
    const known = this.#heads[slot];
    if (known !== undefined) return known;
    const head = this.#invokeHead(argLength, oneway, meta, named);
    if (argLength <= MAX_KEPT_ARGUMENTS) this.#heads[slot] = head;
    return head;
  }

  /** Head of a call whose results are a stream, with a `time`, or that has an upload. */
  streamHead(argLength: number, time: StreamTime | undefined, meta: boolean, named = false, upload = false): RawBytes {
    const kind = (time === undefined ? 0 : 16) + (upload ? 8 : 0) + (time === 'whole' ? 2 : 0);
    const slot = argLength * 32 + kind + (named ? 4 : 0) + (meta ? 1 : 0);
    const known = this.#streamHeads?.[slot];
    if (known !== undefined) return known;
    const head = this.#invokeHead(argLength, false, meta, named, time, upload);
    this.#streamHeads ??= [];
    if (argLength <= MAX_KEPT_ARGUMENTS) this.#streamHeads[slot] = head;
    return head;
  }

  #invokeHead(
    argLength: number,
    oneway: boolean,
    meta: boolean,
    named: boolean,
    time?: StreamTime,
    upload?: boolean,
  ): RawBytes {
    const caller = named ? this.#caller : undefined;
    return invokeHead(this.name, argLength, oneway, meta, this.#to, caller, time, upload, this.#isTraced);
  }

  is(msg: RpcMessage): boolean {
    return (
      msg.method === this.method &&
      msg.service === this.service &&
      msg.namespace === this.namespace &&
      msg.serverType === this.serverType
    );
  }
}

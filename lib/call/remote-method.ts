import { invokeHead } from '../protocol/message.js';
import { methodName, type RpcMessage } from '../rpc-message.js';

/** Heads are kept for calls of up to so many arguments; more are encoded anew at each call. */
const MAX_KEPT_ARGUMENTS = 16;

/** One remote method as its callers know it, with the heads of its packets, which are the same at every call. */
export class RemoteMethod {
  readonly namespace: string;
  readonly serverType: string;
  readonly service: string;
  readonly method: string;
  /** What travels: `namespace.module.method`, or a shared client's method as it is. */
  readonly name: string;
  readonly #heads: Buffer[] = [];
  readonly #to: number | undefined;

  /** One of which only the name is known that travels. */
  static named(name: string): RemoteMethod {
    return new RemoteMethod({ namespace: '', serverType: '', service: '', method: name }, name);
  }

  /** `to`: for calls by way of a relay, which knows the server by this number. */
  constructor({ namespace, serverType, service, method }: Omit<RpcMessage, 'args'>, name?: string, to?: number) {
    this.namespace = namespace;
    this.serverType = serverType;
    this.service = service;
    this.method = method;
    this.name = name ?? methodName(namespace, service, method);
    this.#to = to;
  }

  head(argLength: number, oneway: boolean, meta: boolean): Buffer {
    const slot = argLength * 4 + (oneway ? 2 : 0) + (meta ? 1 : 0);
    const known = this.#heads[slot];
    if (known !== undefined) return known;
    const head = invokeHead(this.name, argLength, oneway, meta, this.#to);
    if (argLength <= MAX_KEPT_ARGUMENTS) this.#heads[slot] = head;
    return head;
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

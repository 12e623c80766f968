import { invokeHead } from '../protocol/message.js';
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
  readonly #heads: Buffer[] = [];
  readonly #to: number | undefined;

  /** Method of which only the name on the wire is known. */
  static named(name: string): RemoteMethod {
    return new RemoteMethod({ namespace: '', serverType: '', service: '', method: name }, name);
  }

  /** `to`: the number by which a relay knows the server, for calls that go through one. */
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

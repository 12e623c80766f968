import type { Settle } from '../call/call-contract.js';
import { OutgoingCall } from '../call/outgoing-call.js';
import { RemoteMethod } from '../call/remote-method.js';

/** Methods of a shared client by name, and calls of them. On the wire they have their bare names. */
export class SharedMethods {
  readonly #client: string;
  readonly #methods = new Map<string, RemoteMethod>();

  /** `client`: name of the shared client. */
  constructor(client: string) {
    this.#client = client;
  }

  get(name: string): RemoteMethod {
    let method = this.#methods.get(name);
    if (method === undefined) {
      method = new RemoteMethod({ namespace: '', serverType: this.#client, service: '', method: name }, name);
      this.#methods.set(name, method);
    }
    return method;
  }

  /** A plain call. `timeout` in ms. */
  call(name: string, args: unknown[], timeout: number, oneway: boolean, settle: Settle): OutgoingCall {
    const call = new OutgoingCall(this.get(name), args, timeout, oneway, {}, undefined, settle);
    call.serverId = this.#client;
    return call;
  }
}

import type { CallOptions, Settle } from '../call/call-contract.js';
import { OutgoingCall } from '../call/outgoing-call.js';
import { RemoteMethod } from '../call/remote-method.js';
import { UploadCall } from '../call/upload-call.js';
import { RpcCode } from '../errors.js';
import { hasStream, takeStream } from './stream-argument.js';

const NO_OPTIONS: CallOptions = {};

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
    const call = new OutgoingCall(this.get(name), args, timeout, oneway, NO_OPTIONS, undefined, settle);
    call.serverId = this.#client;
    return call;
  }

  /**
   * A call as it is sent: with an upload where an argument is a stream of items, unless the real client gets the very arguments. Has
   * failed already with {@link RpcCode.InvalidArgument} where the arguments cannot be sent.
   */
  sent(
    sharesArguments: boolean,
    name: string,
    given: unknown[],
    timeout: number,
    oneway: boolean,
    settle: Settle,
  ): OutgoingCall {
    if (sharesArguments || !hasStream(given)) return this.call(name, given, timeout, oneway, settle);
    const { args, options, wrong } = takeStream(given);
    const call = new UploadCall(this.get(name), args, timeout, false, options, undefined, settle);
    call.serverId = this.#client;
    const why = oneway ? 'a one-way call cannot send a stream' : wrong;
    if (why !== undefined) call.fail(call.error(RpcCode.InvalidArgument, why, 'not-sent'));
    return call;
  }
}

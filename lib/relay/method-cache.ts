import { RemoteMethod } from '../call/remote-method.js';

const MAX_METHODS = 4_096;
/** Methods that are remembered for one named caller. Each of up to 1,000 Followers may have a name. */
const MAX_CALLER_METHODS = 512;
/** Longest name that is remembered, in characters. */
const MAX_NAME = 256;

/** Methods of relayed calls, by name, so that the heads of their packets are made once. Followers choose the names. */
export class MethodCache {
  readonly #methods = new Map<string, RemoteMethod>();
  readonly #caller: string | undefined;

  /** `caller`: name of the client that makes the calls; undefined where the methods serve all clients without a name. */
  constructor(caller?: string) {
    this.#caller = caller;
  }

  get(name: string): RemoteMethod {
    const known = this.#methods.get(name);
    if (known !== undefined) return known;
    const method = RemoteMethod.named(name, this.#caller);
    if (name.length > MAX_NAME) return method;
    if (this.#methods.size >= (this.#caller === undefined ? MAX_METHODS : MAX_CALLER_METHODS)) this.#methods.clear();
    this.#methods.set(name, method);
    return method;
  }
}

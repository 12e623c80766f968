import { RemoteMethod } from '../../lib/call/remote-method.js';

const MAX_METHODS = 4_096;
/** Longest name that is remembered, in characters. */
const MAX_NAME = 256;

/** Methods of relayed calls, by name, so that the heads of their packets are made once. Followers choose the names. */
export class MethodCache {
  readonly #methods = new Map<string, RemoteMethod>();

  get(name: string): RemoteMethod {
    const known = this.#methods.get(name);
    if (known !== undefined) return known;
    const method = RemoteMethod.named(name);
    if (name.length > MAX_NAME) return method;
    if (this.#methods.size >= MAX_METHODS) this.#methods.clear();
    this.#methods.set(name, method);
    return method;
  }
}

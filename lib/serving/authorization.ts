import { RpcCode, RpcError } from '../errors.js';
import { unfit } from '../options.js';
import type { ConnectedPeer } from '../server-info.js';
import { type Exposed, resolveExposed } from './exposed.js';

/** Decides whether a caller may call a method. Only `true`, or a promise of `true`, admits the call. */
export type Authorize = (caller: ConnectedPeer, method: string) => boolean | Promise<boolean>;

/** Options of a server that say who may call which methods. */
export interface AuthorizationOptions {
  /**
   * Decides on each call, after the method was found and before the arguments are decoded: `authorize(caller, method)` returns
   * `true`, `false`, or a promise of one. Anything else, and an error, refuses the call with `ERR_RPC_FORBIDDEN`, and the log has the
   * reason. The call waits for a promise, at most for its own deadline and for `handshakeTimeout`; its frame counts in
   * `maxCallsPerConnection`, and in a bound of its own as large as `maxPartialBytes`.
   * @default every call is admitted
   */
  authorize?: Authorize | undefined;
  /**
   * Methods that strangers may call, by name: `user.chat.send`, or `user.chat.*` for all of a module. A stranger is a caller that
   * has proven neither a certificate nor a secret, and every web page. Other methods answer strangers with `ERR_RPC_FORBIDDEN`,
   * as methods that do not exist do.
   * @default nothing for web pages, everything for others
   */
  expose?: readonly string[] | undefined;
}

/** The part of a caller's identity that makes the caller no stranger. */
interface Provable {
  readonly identity?: { readonly proven: { readonly certificate?: unknown; readonly secret?: unknown } } | undefined;
}

/** Bounds of the requests that wait for `authorize`, over all connections. */
export interface HeldBounds {
  readonly handshakeTimeout: number;
  readonly maxPartialBytes: number;
  readonly callerShare: number;
}

/** Rules of one server on who may call what. */
export class Authorization {
  readonly bounds: HeldBounds;
  readonly authorize: Authorize | undefined;
  readonly #exposed: Exposed | undefined;
  /** Bytes of the requests that wait for `authorize`, over all connections. */
  heldBytes = 0;

  /** Throws {@link RpcCode.InvalidArgument} for an option of another form. */
  constructor({ authorize, expose }: AuthorizationOptions, bounds: HeldBounds) {
    if (authorize !== undefined && typeof authorize !== 'function')
      throw unfit('authorize', 'a function of a caller and a method', authorize);
    this.authorize = authorize;
    this.#exposed = resolveExposed(expose);
    this.bounds = bounds;
  }

  /** The methods that a caller may call as far as `expose` decides; undefined: all. `origin`: that of a web page. */
  exposedTo(caller: ConnectedPeer & Provable, origin: string | undefined): Pick<Exposed, 'has'> | undefined {
    if (origin !== undefined) return this.#exposed ?? NOTHING;
    const { certificate, secret } = caller.identity?.proven ?? {};
    return certificate === undefined && secret === undefined ? this.#exposed : undefined;
  }

  /**
   * Whether a caller may ask the server about itself (`$mailstation`): a caller that has proven who it is, every caller of a server that
   * keeps strangers out, and others where `expose` names the method.
   */
  mayInspect(caller: (ConnectedPeer & Provable) | undefined, method: string, keepsStrangersOut: boolean): boolean {
    const { certificate, secret } = caller?.identity?.proven ?? {};
    if (certificate !== undefined || secret !== undefined) return true;
    return this.#exposed?.has(method) ?? keepsStrangersOut;
  }

  /** Entries of `expose` that stand for none of these methods. */
  unusedEntries(methods: readonly string[]): string[] {
    return this.#exposed?.unused(methods) ?? [];
  }
}

const NOTHING: Pick<Exposed, 'has'> = { has: () => false };

/** The error of a method that is not exposed, and of one that does not exist: a stranger cannot tell them apart. */
export function notExposed(): RpcError {
  return new RpcError(
    RpcCode.Forbidden,
    'web pages, and callers that have proven neither a certificate nor a secret, may call only what the server names in its option expose: this method is not named there, or does not exist',
  );
}

import type { CallerIdentity } from '../identity.js';
import { unfit } from '../options.js';

/** A registration that the option `authenticate` decides on. */
export interface AuthRequest {
  /** Channel that the caller registers on: the id of the server, as the caller's roster has it. */
  readonly channel: string;
  /** Address of the caller; an IPv4 address also where the caller arrived over IPv6. */
  readonly ip: string;
  /** Address and port of the caller, as in messages. */
  readonly peer: string;
  /** Origin of the web page that connects, as its browser says. Undefined for a caller that is no browser. */
  readonly origin: string | undefined;
  /** Facts that are proven or claimed so far. */
  readonly identity: CallerIdentity;
}

/**
 * Decides whether a caller may register, by the token that its client gave as `auth`; `undefined` without one. Returns the identity
 * of the caller, or a promise of it: any value but `undefined`, `null`, `false`, 0 and ''. Otherwise, and when the function throws
 * or takes too long, the caller is refused.
 */
export type Authenticate = (token: unknown, request: AuthRequest) => unknown;

export function authenticateOption(given: unknown): Authenticate | undefined {
  if (given === undefined || typeof given === 'function') return given as Authenticate | undefined;
  throw unfit('authenticate', 'a function', given);
}

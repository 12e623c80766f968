import type { Authenticate } from '../auth/authenticate-option.js';
import type { Secrets } from '../auth/secrets.js';

/** Rules of a port on who may register. */
export interface EntranceRules {
  readonly secrets: Pick<Secrets, 'challenge' | 'digest'> | undefined;
  readonly authenticate: Authenticate | undefined;
  /** Place that both ends have in their options, for the proofs; '' for none. */
  readonly place: string;
  /** Time for the whole registration, from the connection on. Unit: ms */
  readonly handshakeTimeout: number;
}

/** The rules; undefined where a peer need prove nothing. */
export function entranceOf({
  secrets,
  authenticate,
  place = '',
  handshakeTimeout,
}: Pick<EntranceRules, 'secrets' | 'handshakeTimeout'> & Partial<EntranceRules>): EntranceRules | undefined {
  if (secrets === undefined && authenticate === undefined) return undefined;
  return { secrets, authenticate, place, handshakeTimeout };
}

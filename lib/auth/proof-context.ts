import type { SecretKeys } from './proof.js';

/** A secret that is valid now. */
export interface Secret {
  readonly name: string;
  readonly keys: SecretKeys;
}

/** One end of a connection on which proofs are exchanged. */
export interface ProofContext {
  readonly channel: string;
  /** Place that both ends have in their options; '' where the place may have several names. */
  readonly place: string;
  /** Key material of the TLS connection; undefined where this end sees no TLS. */
  readonly binding: Uint8Array | undefined;
}

export const NO_BINDING: Uint8Array = new Uint8Array();

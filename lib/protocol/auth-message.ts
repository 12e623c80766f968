/** Version of the exchange of proofs. A peer of another version is refused. */
export const AUTH_VERSION = 1;
/** Secrets that one end may offer. */
export const MAX_SECRETS = 16;
/** Lengths in base64url, without padding: 24 random bytes, 8 bytes of a MAC, a whole MAC of 32 bytes. Unit: characters */
const NONCE_LENGTH = 32;
const HINT_LENGTH = 11;
const PROOF_LENGTH = 43;

const BASE64URL = /^[\w-]+$/;

/** Offer of a Follower, in the `ext` of `register_channel`: its nonce, and a hint for each of its secrets. */
export interface AuthOffer {
  readonly v: number;
  readonly nonce: string;
  /** A hint tells a Leader that knows the same secret which one is meant. Another nonce has other hints. */
  readonly hints: readonly string[];
  /** 1: this end sees TLS on this connection, and can bind the proofs to it. */
  readonly b?: 1;
}

/** Answer of a Leader, in `register_challenge`: its nonce, the hint of the secret that it has chosen, and its proof. */
export interface AuthChallenge {
  readonly nonce: string;
  readonly hint: string;
  readonly proof: string;
  readonly b?: 1;
}

/** Proof of a Follower, in `register_proof`. */
export interface AuthProof {
  readonly proof: string;
}

/** Reads an offer; undefined for anything else. An offer of another version has no hints, so that no secret fits. */
export function readAuthOffer(value: unknown): AuthOffer | undefined {
  const { v, nonce, hints, b } = fieldsOf(value);
  if (!Number.isInteger(v)) return undefined;
  if (v !== AUTH_VERSION || !isText(nonce, NONCE_LENGTH) || !Array.isArray(hints))
    return { v: v as number, nonce: '', hints: [] };
  const known = (hints as unknown[]).slice(0, MAX_SECRETS).filter((hint): hint is string => isText(hint, HINT_LENGTH));
  return { v: AUTH_VERSION, nonce, hints: known, ...bound(b) };
}

/** Reads a challenge; undefined for anything else. */
export function readAuthChallenge(value: unknown): AuthChallenge | undefined {
  const { nonce, hint, proof, b } = fieldsOf(value);
  if (!isText(nonce, NONCE_LENGTH) || !isText(hint, HINT_LENGTH) || !isText(proof, PROOF_LENGTH)) return undefined;
  return { nonce, hint, proof, ...bound(b) };
}

/** Reads a proof; undefined for anything else. */
export function readAuthProof(value: unknown): AuthProof | undefined {
  const { proof } = fieldsOf(value);
  return isText(proof, PROOF_LENGTH) ? { proof } : undefined;
}

function bound(b: unknown): { readonly b?: 1 } {
  return b === 1 ? { b } : {};
}

function isText(value: unknown, length: number): value is string {
  return typeof value === 'string' && value.length === length && BASE64URL.test(value);
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

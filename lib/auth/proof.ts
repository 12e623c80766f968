import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** Separates these MACs from all other uses of a secret, and from later versions. */
const LABEL = 'mailstation-auth-1';
const NONCE_BYTES = 24;
const HINT_BYTES = 8;

/**
 * Keys of one secret. Each role has its own key, so that a proof that is reflected to its sender proves nothing. The secret itself
 * is the key of no message.
 */
export interface SecretKeys {
  readonly hint: Buffer;
  readonly leader: Buffer;
  readonly follower: Buffer;
}

export type Role = 'leader' | 'follower';

/** Facts that both ends put into their proofs. A proof is worthless wherever one of them differs. */
export interface Transcript {
  readonly channel: string;
  /** Place that both ends have in their options; '' where the place may have several names. */
  readonly place: string;
  readonly followerNonce: string;
  readonly leaderNonce: string;
  readonly hint: string;
  /** Which of the two ends have offered to bind the proofs to their TLS connection. */
  readonly followerBinds: boolean;
  readonly leaderBinds: boolean;
  /** Key material of the TLS connection, where both ends bind; otherwise empty. */
  readonly binding: Uint8Array;
}

export function keysOf(secret: Uint8Array): SecretKeys {
  return {
    hint: mac(secret, `${LABEL} hint`),
    leader: mac(secret, `${LABEL} leader`),
    follower: mac(secret, `${LABEL} follower`),
  };
}

export function newNonce(): string {
  return randomBytes(NONCE_BYTES).toString('base64url');
}

/** Short MAC that only those can tell from a random text who know the secret. */
export function hintOf(keys: SecretKeys, followerNonce: string): string {
  return mac(keys.hint, followerNonce).toString('base64url', 0, HINT_BYTES);
}

/** The proof of one role. */
export function proofOf(keys: SecretKeys, role: Role, transcript: Transcript): string {
  return mac(keys[role], encode(transcript)).toString('base64url');
}

/** The place of a hint among others; -1 where it is none of them. Takes the same time for every hint. */
export function indexOfHint(hints: readonly Buffer[], hint: string): number {
  const bytes = Buffer.from(hint);
  return hints.reduce(
    (found, each, at) => (each.length === bytes.length && timingSafeEqual(each, bytes) ? at : found),
    -1,
  );
}

/** Compares two proofs in a time that does not depend on where they differ. Both have the length that the protocol checks. */
export function isSameProof(expected: string, given: string): boolean {
  const [left, right] = [Buffer.from(expected), Buffer.from(given)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** Each part has its length before it, so that no two transcripts have the same bytes. */
function encode(transcript: Transcript): Buffer {
  const { channel, place, followerNonce, leaderNonce, hint, followerBinds, leaderBinds, binding } = transcript;
  const flags = `${followerBinds ? 1 : 0}${leaderBinds ? 1 : 0}`;
  return Buffer.concat(
    [LABEL, channel, place, followerNonce, leaderNonce, hint, flags, binding].flatMap((part) => {
      const bytes = Buffer.from(part);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return [length, bytes];
    }),
  );
}

function mac(key: Uint8Array, message: string | Uint8Array): Buffer {
  return createHmac('sha256', key).update(message).digest();
}

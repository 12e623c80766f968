import { createHmac, randomBytes } from 'node:crypto';

/**
 * The exchange of proofs, written from docs/wire.md alone ("Registration with a secret"): nothing of the library is imported here.
 */
export interface Parts {
  readonly channelName: string;
  readonly place?: string;
  readonly followerNonce: string;
  readonly leaderNonce: string;
  readonly hint: string;
  readonly flags?: string;
  readonly binding?: Buffer;
}

export type Role = 'leader' | 'follower';

const LABEL = 'mailstation-auth-1';

const hmac = (key: Buffer | string, message: Buffer | string): Buffer =>
  createHmac('sha256', key).update(message).digest();

export const makeNonce = (): string => randomBytes(24).toString('base64url');

export function hintOf(secret: string, followerNonce: string): string {
  return hmac(hmac(secret, `${LABEL} hint`), followerNonce)
    .subarray(0, 8)
    .toString('base64url');
}

export function proofOf(secret: string, role: Role, parts: Parts): string {
  const { channelName, place = '', followerNonce, leaderNonce, hint, flags = '00', binding = Buffer.alloc(0) } = parts;
  const all = [LABEL, channelName, place, followerNonce, leaderNonce, hint, flags, binding].map((part) =>
    Buffer.from(part),
  );
  const transcript = all.flatMap((part) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(part.length);
    return [length, part];
  });
  return hmac(hmac(secret, `${LABEL} ${role}`), Buffer.concat(transcript)).toString('base64url');
}

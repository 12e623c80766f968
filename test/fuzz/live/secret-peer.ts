import { hintOf, proofOf } from '../../docs/wire-secret.js';
import type { Frame } from '../mutation.js';
import type { Random } from '../random.js';

/** What the two ends have sent of a registration with a secret, as far as it came. */
interface Auth {
  readonly nonce?: unknown;
  readonly hints?: unknown;
  readonly hint?: unknown;
  readonly b?: unknown;
}

export const SECRET = 'a secret of the fuzzer, which is no secret';
const OTHER_SECRET = 'another secret, which no server has';

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const nonceOf = (random: Random): string => random.bytes(24).toString('base64url');

/** The offer of a Follower, with the secret or without. */
export function offer(random: Random, isInsider: boolean): { nonce: string; auth: object } {
  const nonce = nonceOf(random);
  const others = Array.from({ length: random.below(3) }, () => hintOf(OTHER_SECRET, nonce));
  const hints = isInsider ? [...others, hintOf(SECRET, nonce)] : [...others, hintOf(OTHER_SECRET, nonce)];
  return { nonce, auth: { v: 1, nonce, hints } };
}

/** The proof of a Follower for the challenge. A stranger makes it with another secret. */
export function followerProof(isInsider: boolean, channelName: string, nonce: string, challenge: Frame): string {
  const { nonce: leaderNonce, hint, b } = (challenge.head['auth'] ?? {}) as Auth;
  const parts = { channelName, followerNonce: nonce, leaderNonce: text(leaderNonce), hint: text(hint) };
  return proofOf(isInsider ? SECRET : OTHER_SECRET, 'follower', { ...parts, flags: `0${b === 1 ? 1 : 0}` });
}

/** The challenge of a Leader for the registration. A stranger makes it with another secret. */
export function leaderAuth(random: Random, isInsider: boolean, asked: Pick<Frame, 'head'>): object {
  const { auth, ...ext } = (asked.head['ext'] ?? {}) as { auth?: Auth };
  void ext;
  const [first] = Array.isArray(auth?.hints) ? auth.hints : [];
  const [nonce, hint] = [nonceOf(random), text(first)];
  const parts = {
    channelName: text(asked.head['channelName']),
    followerNonce: text(auth?.nonce),
    leaderNonce: nonce,
    hint,
  };
  const proof = proofOf(isInsider ? SECRET : OTHER_SECRET, 'leader', { ...parts, flags: `${auth?.b === 1 ? 1 : 0}0` });
  return { nonce, hint, proof };
}

import type { AuthChallenge, AuthOffer } from '../protocol/auth-message.js';
import { hintOf, indexOfHint, isSameProof, newNonce, proofOf } from './proof.js';
import { NO_BINDING, type ProofContext, type Secret } from './proof-context.js';

/** A Leader's half of one exchange. */
export interface LeaderProof {
  /** Name of the secret that both ends know. */
  readonly secret: string;
  readonly challenge: AuthChallenge;
  /** True for the proof of a Follower that knows the secret. */
  verify(proof: string): boolean;
}

/** Makes the challenge of a Leader. Undefined where the Follower offers no secret that the Leader knows. */
export function challenge(
  secrets: readonly Secret[],
  offer: AuthOffer,
  { channel, place, binding }: ProofContext,
): LeaderProof | undefined {
  const found = findOffered(secrets, offer);
  if (found === undefined) return undefined;
  const { keys, name } = found.secret;
  const followerBinds = offer.b === 1;
  const leaderBinds = binding !== undefined;
  const transcript = {
    channel,
    place,
    followerNonce: offer.nonce,
    leaderNonce: newNonce(),
    hint: found.hint,
    followerBinds,
    leaderBinds,
    binding: followerBinds && binding !== undefined ? binding : NO_BINDING,
  };
  const nonce = transcript.leaderNonce;
  return {
    secret: name,
    challenge: { nonce, hint: found.hint, proof: proofOf(keys, 'leader', transcript), ...(leaderBinds && { b: 1 }) },
    verify: (proof) => isSameProof(proofOf(keys, 'follower', transcript), proof),
  };
}

/** The first of the offered secrets, in the Follower's order, that the Leader knows. */
function findOffered(
  secrets: readonly Secret[],
  { nonce, hints }: AuthOffer,
): { readonly secret: Secret; readonly hint: string } | undefined {
  const known = secrets.map(({ keys }) => Buffer.from(hintOf(keys, nonce)));
  for (const hint of hints) {
    const secret = secrets[indexOfHint(known, hint)];
    if (secret !== undefined) return { secret, hint };
  }
  return undefined;
}

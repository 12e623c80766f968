import { AUTH_VERSION, type AuthChallenge, type AuthOffer } from '../protocol/auth-message.js';
import { hintOf, isSameProof, newNonce, proofOf } from './proof.js';
import { NO_BINDING, type ProofContext, type Secret } from './proof-context.js';

/** A Follower's half of one exchange. */
export interface FollowerProof {
  readonly offer: AuthOffer;
  /** Checks the Leader's proof, and returns this end's own. Undefined where the Leader has proven nothing. */
  prove(challenge: AuthChallenge): string | undefined;
}

/** Makes the offer of a Follower. Each attempt has a nonce of its own, so that no earlier challenge fits. */
export function beginProof(secrets: readonly Secret[], { channel, place, binding }: ProofContext): FollowerProof {
  const nonce = newNonce();
  const offered = secrets.map(({ keys }) => ({ keys, hint: hintOf(keys, nonce) }));
  const followerBinds = binding !== undefined;
  const hints = offered.map(({ hint }) => hint);
  return {
    offer: { v: AUTH_VERSION, nonce, hints, ...(followerBinds && { b: 1 }) },
    prove({ nonce: leaderNonce, hint, proof, b }) {
      const secret = offered.find((each) => isSameProof(each.hint, hint));
      if (secret === undefined) return undefined;
      const leaderBinds = b === 1;
      const transcript = {
        channel,
        place,
        followerNonce: nonce,
        leaderNonce,
        hint,
        followerBinds,
        leaderBinds,
        binding: leaderBinds && binding !== undefined ? binding : NO_BINDING,
      };
      const isLeader = isSameProof(proofOf(secret.keys, 'leader', transcript), proof);
      return isLeader ? proofOf(secret.keys, 'follower', transcript) : undefined;
    },
  };
}

import { RpcCode, RpcError } from '../errors.js';
import { registerChallengeHead } from '../protocol/message.js';
import { RESPONSE } from '../protocol/packet.js';
import type { RefusalCode } from '../protocol/refusal.js';
import type { StreamFacts } from '../transport/byte-stream.js';
import type { Connection } from '../transport/connection.js';
import { Entrance } from './entrance.js';
import type { EntranceRules } from './entrance-rules.js';
import type { Failed, RegisterRequest } from './register-request.js';

/** Time for a refused peer to read why. Unit: ms */
const REFUSED_MS = 1_000;

/** Parts of a session that its entrance needs. */
export interface EntranceParts {
  readonly session: {
    readonly openedAt: number;
    readonly peer: string;
    isRefusedStock: boolean;
    refuse(request: RegisterRequest, code: RefusalCode, message: string, failed?: Failed): void;
  };
  readonly facts: StreamFacts | undefined;
  readonly ip: string;
  readonly connection: Connection;
  onAdmitted(request: RegisterRequest): void;
  onRefused(why: string): void;
}

/** The entrance of a session. Undefined where peers need prove nothing. */
export function openEntrance(
  rules: EntranceRules | undefined,
  { session, facts, ip, connection, onAdmitted, onRefused }: EntranceParts,
): Entrance | undefined {
  if (rules === undefined) return undefined;
  const { openedAt, peer } = session;
  return new Entrance(rules, {
    ...{ openedAt, peer, ip, facts },
    challenge: ({ id, timeout }, auth) => connection.send(RESPONSE, id, timeout, registerChallengeHead(auth)),
    admitted: onAdmitted,
    refused(request, code, message, why) {
      onRefused(why);
      const failure = new RpcError(RpcCode.Unauthenticated, message);
      // A stock peer redials without a pause when its connection ends, and never tries again when it is refused.
      session.isRefusedStock = request.ext === undefined;
      session.refuse(request, code, message, session.isRefusedStock ? { failure } : undefined);
      if (!session.isRefusedStock) connection.end(failure, REFUSED_MS);
    },
  });
}

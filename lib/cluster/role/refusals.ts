import { hasCode, RpcCode, RpcError } from '../../errors.js';
import { RefusalCode } from '../../protocol/refusal.js';

/** Causes of an obstacle that are read: the refusal is the second or the third of them. */
const MAX_DEPTH = 8;

/** The failure of the real client in the Leader that refused this process; undefined for any other obstacle. */
export function failureOfLeader(obstacle: RpcError): Error | undefined {
  const refusal = refusalIn(obstacle, RefusalCode.LeaderFailed);
  // A Leader of version 0.1.0 sends the text alone.
  return refusal && (causeOf(refusal) ?? new RpcError(RpcCode.Connect, refusal.message));
}

/** The last error of a real client that its Leader still waits for; undefined for any other obstacle. */
export function lastErrorAtLeader(obstacle: RpcError | undefined): Error | undefined {
  const refusal = refusalIn(obstacle, RefusalCode.LeaderStarting);
  return refusal && causeOf(refusal);
}

function refusalIn(obstacle: RpcError | undefined, wanted: RefusalCode): Error | undefined {
  let error: unknown = obstacle;
  for (let depth = 0; depth < MAX_DEPTH && error instanceof Error; depth++) {
    if ((error as { code?: unknown }).code === wanted) return error;
    error = error.cause;
  }
  return undefined;
}

function causeOf({ cause }: Error): Error | undefined {
  return cause instanceof Error ? cause : undefined;
}

/** Adds advice where the holder of the port does not lead the channel. A holder of version 0.1.0 sends no such code. */
export function withAdvice(error: RpcError): RpcError {
  if (!hasCode(error, [RefusalCode.NoLeader])) return error;
  const advice = 'have that process create this client too, or give it a port of its own';
  return new RpcError(error.code, `${error.message}; ${advice}`, { cause: error.cause });
}

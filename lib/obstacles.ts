import type { RpcError } from './errors.js';
import { jsonText } from './json-text.js';

/** Reasons that are remembered at once. A bound: an error's codes may come from a peer. */
const MAX_REASONS = 8;
/** Causes of an error that are compared. */
const MAX_DEPTH = 4;

/** Tells a new reason for a failure from a reason that an earlier attempt has met already. */
export class Obstacles {
  readonly #reasons = new Set<string>();

  /**
   * True once for each reason until {@link clear}. Two errors have the same reason where their codes, and the codes of
   * their causes, are the same: messages differ at each attempt by durations and process ids.
   */
  isNew(error: RpcError): boolean {
    const reason = codesOf(error);
    if (this.#reasons.has(reason) || this.#reasons.size >= MAX_REASONS) return false;
    this.#reasons.add(reason);
    return true;
  }

  /** Forgets all reasons: an attempt has succeeded. */
  clear(): void {
    this.#reasons.clear();
  }
}

function codesOf(error: RpcError): string {
  const codes: unknown[] = [];
  let next: unknown = error;
  while (next instanceof Error && codes.length < MAX_DEPTH) {
    codes.push((next as { code?: unknown }).code);
    next = next.cause;
  }
  return jsonText(codes);
}

import { type Delivery, RpcCode, RpcError } from '../errors.js';
import type { EngineState } from '../registry/engine.js';
import { performance } from '../timers.js';

/** {@link EngineState} on the way between processes, whose clocks do not have the same zero. */
export interface StateReport {
  /** Random id of the connection's owner, so that a late report of a process that is gone is not taken for one of the next. */
  readonly host: string;
  /** Grows with each report of a process, so that a late one is not taken for the present. */
  readonly turn: number;
  readonly connected: boolean;
  readonly endpoint: string | null;
  /** Unit: ms */
  readonly age: number;
  readonly store: string | null;
  readonly obstacle: string | null;
}

/** Error of an engine on the way between processes. The codes and texts of shared clients would not say what has failed. */
export interface FailureReport {
  readonly code: RpcCode;
  readonly message: string;
  readonly delivery: Delivery | null;
}

/** Answer of the process that has the connection to the store. */
export type Reply<T> = { readonly state: StateReport } & ({ readonly value: T } | { readonly failure: FailureReport });

export function reportOf(state: EngineState, host: string, turn: number): StateReport {
  const { connected, endpoint = null, since, store = null, obstacle = null } = state;
  return { host, turn, connected, endpoint, age: performance.now() - since, store, obstacle };
}

export function stateOf({ connected, endpoint, age, store, obstacle }: StateReport): EngineState {
  return {
    connected,
    endpoint: endpoint ?? undefined,
    since: performance.now() - age,
    store: store ?? undefined,
    obstacle: obstacle ?? undefined,
  };
}

export function failureReport(error: unknown): FailureReport {
  if (!(error instanceof RpcError)) return { code: RpcCode.Registry, message: String(error), delivery: 'unknown' };
  const { code, message, delivery = null } = error;
  return { code, message, delivery };
}

export function failureOf({ code, message, delivery }: FailureReport): RpcError {
  return new RpcError(code, message, delivery === null ? {} : { delivery });
}

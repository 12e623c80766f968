import { type Delivery, RpcCode, RpcError, toError } from '../errors.js';

/** The store cannot be reached, or has no majority. `delivery`: `unknown` where the store may have done what was asked. */
export function unavailable(message: string, delivery: Delivery, cause?: unknown): RpcError {
  return new RpcError(RpcCode.Registry, message, { delivery, cause });
}

/** The store answered, and did nothing. */
export function refused(message: string, cause?: unknown): RpcError {
  return new RpcError(RpcCode.RegistryRefused, message, { delivery: 'answered', cause });
}

/** A put named a lease that the store no longer has. */
export function leaseLost(id: string, cause?: unknown): RpcError {
  const message = `the registry has no lease ${id} any more: it expired or was revoked`;
  return new RpcError(RpcCode.LeaseLost, message, { delivery: 'answered', cause });
}

/** The engine was closed by the program. `delivery`: `unknown` for a call that was in flight. */
export function engineClosed(delivery: Delivery = 'not-sent'): RpcError {
  return new RpcError(RpcCode.Closed, 'the registry was closed', { delivery });
}

/**
 * True for an error of an engine whose cause can pass without a change by people: a caller repeats after a while. False for a wrong
 * password, a missing right, a refused certificate, a refusal of the store, a lost lease and a closed engine.
 */
export function mayPass(error: unknown): boolean {
  return error instanceof RpcError && error.code === RpcCode.Registry;
}

/** Any error as one of this package. */
export function asRegistryError(error: unknown): RpcError {
  if (error instanceof RpcError) return error;
  return new RpcError(RpcCode.Registry, toError(error).message, { cause: error });
}

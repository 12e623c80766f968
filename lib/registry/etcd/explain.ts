import { type Delivery, RpcCode, RpcError } from '../../errors.js';
import { leaseLost, refused, unavailable } from '../engine-errors.js';
import { GrpcCode } from './grpc.js';
import { GrpcFailure } from './grpc-failure.js';

/** The error of an engine for a failure of gRPC. `what`: what was asked for, to follow "etcd refused". `lease`: the lease that it named. */
export function explain(error: unknown, what: string, lease?: string): Error {
  if (!(error instanceof GrpcFailure)) return error instanceof Error ? error : unavailable(String(error), 'unknown');
  const { code, message, delivery } = error;
  if (delivery !== 'answered') return unavailable(`etcd has not answered ${what}: ${message}`, delivery, error);
  if (code === GrpcCode.NotFound && lease !== undefined) return leaseLost(lease, error);
  if (code === GrpcCode.PermissionDenied) return coded(RpcCode.Forbidden, `the user of etcd may not do ${what}`, error);
  if (code === GrpcCode.Unauthenticated) return coded(RpcCode.Unauthenticated, `etcd did not accept ${what}`, error);
  return refused(`etcd refused ${what}: ${message}`, error);
}

function coded(code: RpcCode, text: string, cause: GrpcFailure, delivery: Delivery = 'answered'): RpcError {
  return new RpcError(code, `${text}: ${cause.message}`, { delivery, cause });
}

import type { Delivery } from '../../errors.js';
import { GrpcCode } from './grpc.js';

/** A call or a stream of gRPC that failed. The engine turns it into an RpcError. */
export class GrpcFailure extends Error {
  /** One of {@link GrpcCode}. */
  readonly code: number;
  /** Whether etcd did what was asked. */
  readonly delivery: Delivery;

  constructor(code: number, details: string, delivery: Delivery) {
    super(details);
    this.name = 'GrpcFailure';
    this.code = code;
    this.delivery = delivery;
  }
}

/** Codes with which etcd refuses a request before anything is done. */
const REFUSALS: readonly number[] = [
  GrpcCode.InvalidArgument,
  GrpcCode.NotFound,
  GrpcCode.PermissionDenied,
  GrpcCode.ResourceExhausted,
  GrpcCode.FailedPrecondition,
  GrpcCode.OutOfRange,
  GrpcCode.Unimplemented,
  GrpcCode.Unauthenticated,
];

/** Error as @grpc/grpc-js gives it. */
export interface ServiceError {
  readonly code: number;
  readonly details: string;
  readonly metadata?: { getMap(): object };
}

/**
 * The failure of a call. A code of etcd comes with headers; the package gives the same codes without any, such as ResourceExhausted for a
 * connection that etcd has ended. Each code that is no refusal leaves open whether the request was done: UNKNOWN and UNAVAILABLE also
 * answer a write that a majority has not acknowledged in time.
 */
export function failureOf({ code, details, metadata }: ServiceError): GrpcFailure {
  const isOfEtcd = metadata !== undefined && Object.keys(metadata.getMap()).length > 0;
  return new GrpcFailure(code, details, isOfEtcd && REFUSALS.includes(code) ? 'answered' : 'unknown');
}

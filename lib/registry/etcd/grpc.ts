import { hasCode, RpcCode, RpcError } from '../../errors.js';

/** Exports of the package. */
export type GrpcPackage = typeof import('@grpc/grpc-js');

let loaded: Promise<GrpcPackage> | undefined;

/** Loads the package when the first connection is made, so that programs without etcd do without it. */
export function loadGrpc(): Promise<GrpcPackage> {
  loaded ??= importGrpc();
  return loaded;
}

async function importGrpc(): Promise<GrpcPackage> {
  try {
    const found: GrpcPackage & { readonly default?: GrpcPackage } = await import('@grpc/grpc-js');
    // The package is CommonJS. Loaders differ in whether its exports are the names of the module or the default; bundles have both.
    return found.default ?? found;
  } catch (cause) {
    loaded = undefined;
    if (!hasCode(cause, ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND'])) throw cause;
    const message =
      'mailstation/etcd needs the package @grpc/grpc-js, which is not installed: run npm install @grpc/grpc-js';
    throw new RpcError(RpcCode.Load, message, { cause });
  }
}

/** Codes of gRPC that etcd and the package give. Source: https://grpc.io/docs/guides/status-codes. */
export const GrpcCode = Object.freeze({
  Cancelled: 1,
  Unknown: 2,
  InvalidArgument: 3,
  DeadlineExceeded: 4,
  NotFound: 5,
  PermissionDenied: 7,
  ResourceExhausted: 8,
  FailedPrecondition: 9,
  OutOfRange: 11,
  Unimplemented: 12,
  Unavailable: 14,
  Unauthenticated: 16,
});

/** Options of each channel. Each is here for a reason that was seen with etcd 3.4. */
export const CHANNEL_OPTIONS = Object.freeze({
  // A commit must be sent once, and calls are repeated where their meaning is known.
  'grpc.enable_retries': 0,
  // Otherwise all channels of a process share connections, and the end of one engine ends those of others.
  'grpc.use_local_subchannel_pool': 1,
  // etcd ends connections that are pinged more often than every 5 s. Pings only help the network to notice; see pulse.ts.
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 2_000,
  // The longest wait of the default finds a healthy etcd up to 19 s late.
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 200,
  // Unused for so long, a channel would end its connection. 2^31 - 1 ms, the longest that a timer can wait.
  'grpc.client_idle_timeout_ms': 0x7fffffff,
  'grpc.service_config_disable_resolution': 1,
  'grpc.enable_http_proxy': 0,
  'grpc.enable_channelz': 0,
  // A list of a large namespace is one message. The default is 4 MiB.
  'grpc.max_receive_message_length': 64 * 1024 * 1024,
});

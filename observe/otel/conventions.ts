import { PACKAGE } from '../../lib/package.js';

/**
 * Names of OpenTelemetry's semantic conventions for RPC, version 1.45, where these are stable, and our own beside them. Copied, as OpenTelemetry
 * advises libraries, so that no package is needed for the texts.
 */
export const SCHEMA_URL = 'https://opentelemetry.io/schemas/1.45.0';
/** Name of the instrumentation scope, and of the RPC system. */
export const SCOPE = PACKAGE.name;
export const SCOPE_VERSION = PACKAGE.version;
export const SYSTEM = 'mailstation';

export const ATTRIBUTE = {
  system: 'rpc.system.name',
  /** Fully qualified: `namespace.module.method`. */
  method: 'rpc.method',
  methodOriginal: 'rpc.method_original',
  /** `OK`, or the code of the RpcError. */
  statusCode: 'rpc.status_code',
  /** Class of a failure; only on a call that failed. */
  errorType: 'error.type',
  /** Logical target: the type of the servers. */
  serverAddress: 'server.address',
  /** Server that was contacted last. */
  peerAddress: 'network.peer.address',
  peerPort: 'network.peer.port',
  serverId: 'mailstation.server.id',
  delivery: 'mailstation.delivery',
  /** Number of an attempt, from 1. */
  attempt: 'mailstation.attempt',
  /** Number of servers that failed in a call of all servers. */
  failedServers: 'mailstation.failed_servers',
} as const;

/** Method in the place of a name that any caller may choose. */
export const OTHER_METHOD = '_OTHER';
export const OK = 'OK';

export const CLIENT_DURATION = {
  name: 'rpc.client.call.duration',
  description: 'Measures the duration of an outgoing Remote Procedure Call (RPC).',
} as const;
export const SERVER_DURATION = {
  name: 'rpc.server.call.duration',
  description: 'Measures the duration of an incoming Remote Procedure Call (RPC).',
} as const;
/** Unit: seconds */
export const DURATION_BOUNDARIES = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** Values of enumerations of `@opentelemetry/api`, which are the same in all its versions. */
export const SPAN_KIND = { internal: 0, server: 1, client: 2 } as const;
export const STATUS_ERROR = 2;

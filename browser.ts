import { Client, type ClientOptions } from './browser/page-client.js';
import type { Any } from './proxy/index.js';

/**
 * Makes the client of a web page. No connection is made before the first call. docs/browser.md has the options, and those of
 * Node that a page does without.
 * @throws {@link RpcCode.InvalidArgument} for an option out of range
 * @example
 * ```ts
 * import { createClient } from 'mailstation/browser';
 *
 * const client = createClient();
 * client.addServer({ id: 'gate-1', serverType: 'gate', url: 'wss://play.example/rpc' });
 * await client.start();
 * const rooms = await client.proxies['user']['gate']['lobby']['rooms'](null);
 * ```
 */
export function createClient<Remotes = Any>(options: ClientOptions = {}): Client<Remotes> {
  return new Client<Remotes>(options);
}

export type { CallOptions } from './lib/call/call-contract.js';
export type { FailMode } from './lib/call/fail-mode.js';
export type { CallTiming } from './lib/call-timing.js';
export { type Delivery, type FailedAttempt, findCause, RpcCode, RpcError } from './lib/errors.js';
export type { ServerAtUrl, ServerInfo } from './lib/server-info.js';
export type { MailBoxState, StreamWindowOptions } from './mailbox/index.js';
export type {
  MethodProxy,
  ModuleProxy,
  Outcome,
  RemoteFile,
  RemoteModule,
  RemoteProxies,
  ResultStream,
  StreamMethod,
  StreamProxy,
  TypedMethod,
  UntypedMethod,
} from './proxy/index.js';
export type { RandomSource, RouteRequest, Router, RouterLike, RouterName, ServerLoad } from './router/index.js';
export type { MailStationEvents, MailStationState } from './station/index.js';
export { Client, type ClientOptions };

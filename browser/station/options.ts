import { tokenOption } from '../../lib/auth/token-option.js';
import { clientIdOption } from '../../lib/client-id.js';
import { integer } from '../../lib/options.js';
import {
  DEFAULT_PENDING_SIZE,
  type MailBoxOptions,
  type ResolvedMailBoxOptions,
  resolveMailBoxOptions,
} from '../../mailbox/index.js';
import { CODEC_NAMES } from '../lib/protocol/codecs.js';

/** How a client reaches its servers: connections, and waiting calls. */
export interface MailStationOptions extends Omit<MailBoxOptions, 'buffMsg' | 'codecs' | 'frameTimeout' | 'tls'> {
  /**
   * Calls that may wait for the connection of one server; also the calls, over all servers, that may wait for a router or a
   * filter. Past this number a call fails at once with `ERR_RPC_PENDING_FULL`. 0: a call fails unless its server is connected.
   * Unit: calls. Range: from 0. Source: pomelo-rpc.
   * @default 10_000
   */
  pendingSize?: number | undefined;
  /**
   * Name of this client, at servers `callContext().caller.id`. Servers must not take the name for a proof. Range: 1 to 128
   * characters without control characters. Source: pomelo-rpc.
   * @default servers get the number of the connection
   */
  clientId?: string | undefined;
  /**
   * Token for the `authenticate` of servers: a value that JSON carries, or a function that returns one or a promise of one. The
   * function is called for each connection anew. Range: up to 8,192 characters of JSON.
   * @default no token
   */
  auth?: unknown;
}

export interface ResolvedMailStationOptions {
  readonly pendingSize: number;
  readonly drainTimeout: number;
  readonly mailbox: ResolvedMailBoxOptions;
}

/** Checks the options. Throws {@link RpcCode.InvalidArgument}. */
export function resolveMailStationOptions(given: MailStationOptions): ResolvedMailStationOptions {
  const { clientId } = given;
  const mailbox = {
    ...resolveMailBoxOptions(given),
    codecs: CODEC_NAMES,
    token: tokenOption('auth', given.auth),
    ...(clientId !== undefined && { clientId: clientIdOption(clientId) }),
  };
  return Object.freeze({
    pendingSize: integer('pendingSize', given.pendingSize, DEFAULT_PENDING_SIZE, 0),
    drainTimeout: mailbox.drainTimeout,
    mailbox,
  });
}

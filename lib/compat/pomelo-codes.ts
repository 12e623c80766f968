import { RpcCode } from '../errors.js';

/**
 * Numbers that pomelo-rpc's `error` event gives, in the spelling of pomelo-rpc, since programs compare with that.
 * @example
 * ```ts
 * import { createClient, RPC_ERROR } from 'mailstation';
 *
 * const client = createClient();
 * client.on('error', (code, _tracer, serverId) => {
 *   if (code === RPC_ERROR.FAIL_CONNECT_SERVER) console.error(`cannot connect to ${serverId}`);
 * });
 * ```
 */
export const RPC_ERROR = {
  SERVER_NOT_STARTED: 1,
  NO_TRAGET_SERVER: 2,
  FAIL_CONNECT_SERVER: 3,
  FAIL_FIND_MAILBOX: 4,
  FAIL_SEND_MESSAGE: 5,
  FILTER_ERROR: 6,
} as const;
/** One of the numbers in the table {@link RPC_ERROR}. */
export type PomeloCode = (typeof RPC_ERROR)[keyof typeof RPC_ERROR];

const NUMBERS: Readonly<Partial<Record<RpcCode, PomeloCode>>> = {
  [RpcCode.NotStarted]: RPC_ERROR.SERVER_NOT_STARTED,
  [RpcCode.Closed]: RPC_ERROR.SERVER_NOT_STARTED,
  [RpcCode.NoServer]: RPC_ERROR.NO_TRAGET_SERVER,
  [RpcCode.Route]: RPC_ERROR.NO_TRAGET_SERVER,
  [RpcCode.Connect]: RPC_ERROR.FAIL_CONNECT_SERVER,
  [RpcCode.PendingFull]: RPC_ERROR.FAIL_CONNECT_SERVER,
  [RpcCode.ServerRemoved]: RPC_ERROR.FAIL_FIND_MAILBOX,
  [RpcCode.Filter]: RPC_ERROR.FILTER_ERROR,
};

/** pomelo's number for a failure. A failure without a number there counts as a message that could not be sent. */
export function pomeloCode(code: RpcCode): PomeloCode {
  return NUMBERS[code] ?? RPC_ERROR.FAIL_SEND_MESSAGE;
}

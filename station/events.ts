import type { RpcMessage, ServerInfo } from '../lib/call.js';
import type { RpcError } from '../lib/errors.js';
import type { PomeloCode } from '../lib/pomelo-codes.js';
import type { CallOptions } from '../lib/transport/outgoing-call.js';
import type { MailBoxState } from '../mailbox/index.js';
import type { TraceStep } from './call-tracer.js';

/** News of a mail station. Source: pomelo-rpc, but for `replaceServer`, `mailbox` and `trace`. */
export type MailStationEvents = {
  addServer: [id: string];
  removeServer: [id: string];
  /** An entry with the same id took another's place. */
  replaceServer: [id: string, now: ServerInfo, old: ServerInfo];
  /** A connection that stood was lost or closed. */
  close: [id: string, reason: RpcError | undefined];
  /**
   * A call failed, before its server could answer it; its caller is told as well. pomelo-rpc's arguments, its numbers
   * ({@link RPC_ERROR}) and its tracer's place included, and the error itself behind them.
   */
  error: [
    code: PomeloCode,
    tracer: null,
    serverId: string | undefined,
    msg: RpcMessage,
    opts: CallOptions,
    error: RpcError,
  ];
  /** With `rpcDebugLog`: each step of each call. */
  trace: [step: TraceStep];
  /** A mailbox moved: for those who want to watch connections come and go. */
  mailbox: [id: string, to: MailBoxState, from: MailBoxState, reason: RpcError | undefined];
};

import type { CallOptions } from '../lib/call/call-contract.js';
import type { FailbackReceipt } from '../lib/call/failback-receipt.js';
import type { PomeloCode } from '../lib/compat/pomelo-codes.js';
import type { RpcError } from '../lib/errors.js';
import type { RpcMessage } from '../lib/rpc-message.js';
import type { ServerInfo } from '../lib/server-info.js';
import type { MailBoxState } from '../mailbox/index.js';
import type { SharingState } from '../mailbox/shared/sharing.js';
import type { TraceStep } from './call-tracer.js';
import type { Readmission } from './health/index.js';

/** News of a mail station. Source: pomelo-rpc, for its first three and `error`. */
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
  /** With `share`: who has the mailboxes now, this process (`leading`), another (`following`), or nobody yet. */
  share: [state: SharingState];
  /** A mailbox moved: for those who want to watch connections come and go. */
  mailbox: [id: string, to: MailBoxState, from: MailBoxState, reason: RpcError | undefined];
  /** With `ejection`: routers are not given this server for so many ms. `reason`: the last of its failures. */
  eject: [id: string, reason: RpcError, ms: number];
  /** They are given it again: its time was over, or it could be connected to again. */
  readmit: [id: string, by: Readmission];
  /** With `failback`: a call that had failed was answered in the background. All its results. */
  'failback:delivered': [receipt: FailbackReceipt, results: readonly unknown[]];
  /** It was not, and is not tried any more; or the method itself failed. `error.attempts` has every attempt. */
  'failback:givenUp': [receipt: FailbackReceipt, error: RpcError];
};

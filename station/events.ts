import type { CallOptions } from '../lib/call/call-contract.js';
import type { FailbackReceipt } from '../lib/call/failback-receipt.js';
import type { PomeloCode } from '../lib/compat/pomelo-codes.js';
import type { RpcError } from '../lib/errors.js';
import type { RosterState } from '../lib/registry/roster-state.js';
import type { RpcMessage } from '../lib/rpc-message.js';
import type { ServerInfo } from '../lib/server-info.js';
import type { MailBoxState } from '../mailbox/index.js';
import type { SharingState } from '../mailbox/shared/sharing.js';
import type { TraceStep } from './call-tracer.js';
import type { Readmission } from './health/index.js';

/** Events of a client, each with its arguments. Source of the first three, `close` and `error`: pomelo-rpc. */
export type MailStationEvents = {
  /** A server was added to the roster. */
  addServer: [id: string];
  /** A server was removed from the roster. */
  removeServer: [id: string];
  /** An entry of the roster was replaced by another with the same id. */
  replaceServer: [id: string, now: ServerInfo, old: ServerInfo];
  /** An established connection was lost or closed. */
  close: [id: string, reason: RpcError | undefined];
  /**
   * A call failed before its server could answer. The call is rejected as well. The first five arguments are pomelo-rpc's:
   * the number is one of {@link RPC_ERROR}, and the place of pomelo-rpc's tracer is null. The last one is the error itself.
   */
  error: [
    code: PomeloCode,
    tracer: null,
    serverId: string | undefined,
    msg: RpcMessage,
    opts: CallOptions,
    error: RpcError,
  ];
  /** With `rpcDebugLog`: one step of one call. */
  trace: [step: TraceStep];
  /** With `registry`: the state of the list of one source has changed. `reason`: why the source cannot be read. */
  roster: [source: string, to: RosterState, reason: RpcError | undefined];
  /** With `share`: the state of the shared mailboxes has changed. */
  share: [state: SharingState];
  /**
   * The state of the connection to one server has changed. `generation` is given while connected: the text differs where
   * another server, such as the next process, has the address now. Undefined for servers that announce no generation:
   * those of builds before the first release, of cluster-client, and behind custom mailboxes without the field.
   */
  mailbox: [
    id: string,
    to: MailBoxState,
    from: MailBoxState,
    reason: RpcError | undefined,
    generation: string | undefined,
  ];
  /** With `ejection`: a server is hidden from routers for `ms`. The reason is the last of the server's failures. */
  eject: [id: string, reason: RpcError, ms: number];
  /** With `ejection`: routers choose from the server again, since the time is over or a connection succeeded. */
  readmit: [id: string, by: Readmission];
  /** With `failback`: a call that had failed was answered in the background. All results are given. */
  'failback:delivered': [receipt: FailbackReceipt, results: readonly unknown[]];
  /** With `failback`: a call is not tried any more, or its method failed. `error.attempts` has every attempt. */
  'failback:givenUp': [receipt: FailbackReceipt, error: RpcError];
};

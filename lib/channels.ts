import { type Channel, channel, type TracingChannel, tracingChannel } from 'node:diagnostics_channel';
import type { CallOutcome } from './call-outcome.js';
import type { Delivery, RpcCode, RpcError } from './errors.js';
import type { ConnectedPeer } from './server-info.js';
import type { Term } from './term.js';
import { throwUncaught } from './uncaught.js';

/**
 * All names under which the package publishes on Node's `diagnostics_channel`. A name without a subscriber costs the test whether
 * there is one, and no message is made. docs/channels.md shows them to users.
 */

/** One call of a client, as its caller sees it: from the proxy to the outcome, with all attempts. */
export const callChannel = tracing<CallMessage>('mailstation:call');

/** One attempt at a call of a client, in the failure modes that may try a call again. */
export const attemptChannel = tracing<AttemptMessage>('mailstation:attempt');

/** One call of all servers of a type: from the proxy to the last outcome. Each server's call is on `mailstation:call` too. */
export const broadcastChannel = tracing<BroadcastMessage>('mailstation:broadcast');

/** One call at a server: from the start of its method, or the refusal, to the end. */
export const serveChannel = tracing<ServeMessage>('mailstation:serve');

/** The connection to one server has changed its state. */
export const mailboxStateChannel: Channel = channel('mailstation:mailbox:state');

/** A client hides a server from its routers, since calls to the server fail. */
export const serverEjectedChannel: Channel = channel('mailstation:server:ejected');

/** Another process leads something that processes compete for, or this one does, or none. */
export const leaderChangeChannel: Channel = channel('mailstation:leader:change');

/**
 * Message on the tracing channel `mailstation:call`. One object goes through all events of a call; the later fields are set when
 * the call is over. Arguments, results and `meta` are not in it: they may be secrets.
 */
export interface CallMessage {
  /** `namespace.module.method` */
  readonly method: string;
  readonly serverType: string;
  /** `stream`: the result is read as a stream, and the call is over when the stream is. */
  readonly kind: 'call' | 'oneway' | 'stream';
  /** Time for the whole call; for a stream without a timeout of its own, to the first item. Unit: ms */
  readonly timeout: number;
  /** Server that the caller named; when the call is over, the last one that was chosen. Missing: none was chosen. */
  serverId?: string;
  /** Host of that server, or the path of its unix socket. Missing where the roster no longer has the server. */
  serverAddress?: string;
  /** Port of that server. Missing for a unix socket. */
  serverPort?: number;
  /**
   * How far a failed call got: see `RpcError.delivery`. `answered` for a call that succeeded; `unknown` for a one-way call that was sent. For a
   * call that `failback` has accepted, how far its first attempt got.
   */
  delivery?: Delivery;
  /** Error that the caller got. Missing: the call succeeded. */
  error?: RpcError;
  /** Time from the start to the outcome, before the caller is told. Unit: ms */
  duration?: number;
  /**
   * Set by a listener of `start`: trace context that travels to the servers, as a propagator writes it: `{ traceparent: '00-…' }`. Names are in
   * lower case, values are printable ASCII; at most 16 fields and 16,384 bytes of JSON. Anything else is not sent.
   */
  trace?: Readonly<Record<string, string>>;
  /** Number of attempts so far, while `mailstation:attempt` has a subscriber. */
  attempts?: number;
}

/**
 * Message on the tracing channel `mailstation:attempt`: the fields of a {@link CallMessage}, of one attempt. A `trace` of its own travels in
 * the place of that of the call.
 */
export interface AttemptMessage extends Omit<CallMessage, 'attempts'> {
  /** Message of the call on `mailstation:call`. */
  readonly call: CallMessage;
  /** 1 for the first attempt. */
  readonly number: number;
}

/** Message on the tracing channel `mailstation:broadcast`. */
export interface BroadcastMessage {
  /** `namespace.module.method` */
  readonly method: string;
  readonly serverType: string;
  readonly kind: 'call' | 'oneway';
  /**
   * Set by a listener of `start` that wants the calls of the servers to run within something of its own, such as an active context: the function gets the work, and
   * calls that once, before returning. A listener that finds a function here calls that one in its own. Stores that are bound to `start` need none.
   */
  around?: (work: () => void) => void;
  /** Number of servers that failed. Missing for a one-way call. */
  failed?: number;
  /** Error of the first server that failed, in the order of the servers, or of the whole call. Missing: all servers succeeded. */
  error?: Error;
}

/**
 * Message on the tracing channel `mailstation:serve`. One object goes through all events of a call; the later fields are set when the
 * call is over. Arguments, results and `meta` are not in it.
 */
export interface ServeMessage {
  /** Name of the method, as the caller wrote it: any text, where no such method exists (`ERR_RPC_NO_METHOD`). */
  readonly method: string;
  /** Id of the server. */
  readonly serverId: string;
  /** `stream`: the results are a stream, and the call is over when the stream is. */
  readonly kind: 'call' | 'oneway' | 'stream';
  /** Time that the caller still waits. Missing: without a limit, or refused on arrival. Unit: ms */
  readonly timeout?: number;
  /** Undefined behind a custom acceptor that reports none. */
  readonly caller: ConnectedPeer | undefined;
  /** False: the server has no such method. */
  readonly isMethod: boolean;
  /** Time from the arrival to the start: the queue and `authorize`. 0 for a call that was refused on arrival. Unit: ms */
  readonly waited: number;
  /** Trace context that came with the call, with names in lower case. Missing: none came. */
  readonly trace?: Readonly<Record<string, string>>;
  /**
   * Set by a listener of `start` that wants the filters and the method to run within something of its own, such as an active context: the function gets the work, and
   * calls that once, before returning. A listener that finds a function here calls that one in its own. Stores that are bound to `start` need none.
   */
  around?: (work: () => void) => void;
  /** How the call ended; see the event `callEnded` of a server. */
  outcome?: CallOutcome;
  /** Code of the failure: `ERR_RPC_REMOTE` where the method failed. Undefined: the call went well. */
  code?: RpcCode | undefined;
  /** Error of the method, or of the refusal. */
  error?: Error | undefined;
  /** Time from the arrival to the end, queue and filters included; 0 for a call that was refused on arrival. Unit: ms */
  duration?: number;
}

/** Message on the channel `mailstation:mailbox:state`. */
export interface MailboxStateMessage {
  readonly serverId: string;
  /** One of the states of `client.mailboxes`; docs/lifecycles.md has their table. */
  readonly to: string;
  readonly from: string;
  /** The failure behind a change that was not asked for. */
  readonly reason: RpcError | undefined;
}

/** Message on the channel `mailstation:server:ejected`. */
export interface ServerEjectedMessage {
  readonly serverId: string;
  /** The last of the failures for which the server was ejected. */
  readonly reason: RpcError;
  /** How long routers do not choose the server. Unit: ms */
  readonly ms: number;
}

/** Message on the channel `mailstation:leader:change`. */
export interface LeaderChangeMessage {
  /** Kind of thing that processes compete to lead: servers of one id, shared clients of one name, mailboxes that clients share. */
  readonly kind: 'server' | 'shared-client' | 'shared-mailboxes';
  /** Id of the server, name of the shared client, or URL of the place that the clients share. */
  readonly name: string;
  /** Process that leads, as this process knows: itself, another one, or none that it can reach. */
  readonly leader: 'this' | 'another' | 'none';
  /** Term of the Leader, of an election in a registry. Undefined without one, and for another Leader of a server. */
  readonly term: Term | undefined;
}

/**
 * Runs the work of a message within what a listener has put around. The work runs once, whatever the listener's function does. An error of
 * that function is uncaught, as that of a listener itself, and none of the work's.
 */
export function surrounded({ around }: Pick<ServeMessage, 'around'>, work: () => void): void {
  if (around === undefined) return work();
  let hasRun = false;
  let failure: { readonly error: unknown } | undefined;
  const once = (): void => {
    if (hasRun) return;
    hasRun = true;
    try {
      work();
    } catch (error) {
      failure = { error };
      throw error;
    }
  };
  try {
    around(once);
  } catch (error) {
    if (failure?.error !== error) throwUncaught(error);
  }
  once();
  if (failure !== undefined) throw failure.error;
}

/** A tracing channel whose events carry one object of the given type. Node's types leave the events' types open. */
function tracing<Message extends object>(name: string): TracingChannel<unknown, Message> {
  return tracingChannel<unknown, Message>(name);
}

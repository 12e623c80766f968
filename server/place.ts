import type { RpcError } from '../lib/errors.js';
import type { ServerAcceptor } from '../lib/leader/server-acceptor.js';
import type { Channel } from '../lib/serving/channel.js';
import type { Term } from '../lib/term.js';
import type { Registered } from './registered.js';
import type { ResolvedServerOptions } from './resolve.js';
import type { ServerState } from './state.js';

/** Part of the server that a {@link Place} needs. */
export interface PlaceOwner {
  readonly options: ResolvedServerOptions;
  /** Name of the server for messages. */
  readonly name: string;
  readonly isStopping: boolean;
  /** Keeps the server in the registry; undefined without a registry. */
  readonly registered: Registered | undefined;
  makeAcceptor(): ServerAcceptor;
  /** `mayStart`: returns the error for which no method may be started any more. */
  makeChannel(mayStart?: () => RpcError | undefined): Channel;
  /** Moves the server to the state. Returns false where the server cannot go there any more. */
  move(to: ServerState): boolean;
  /** The server has the place, and leads unless it stops. */
  onLeading(): void;
  /** Called for each failure after the start. */
  onError(error: RpcError): void;
  /** The server leads no more. */
  onDeposed(reason: RpcError): void;
  stopReason(): RpcError;
}

/** Way of a server to lead: by taking the port, by standing by for the port, or by an election. */
export interface Place {
  /** Takes the requests in, while the server leads. */
  readonly acceptor: ServerAcceptor;
  /** Term of the server, while an election has made it the Leader. */
  readonly term: Term | undefined;
  /** Thing that a standby waits for, after "stands by". */
  readonly waitsFor: string;
  /** Resolves when the server leads or stands by. */
  take(): Promise<void>;
  /** Takes the place no more, when the server stops. Resolves when no attempt is under way. Never rejects. */
  withdraw(): Promise<void>;
  /** Gives the place to the next server, when the last call is answered. Never rejects. */
  handOver(): Promise<void>;
  /** Notes that the server is closed. */
  closed(): void;
}

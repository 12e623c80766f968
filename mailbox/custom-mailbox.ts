import type { CallOptions } from '../lib/call/call-contract.js';
import type { RpcMessage } from '../lib/rpc-message.js';
import type { ServerInfo } from '../lib/server-info.js';

/** pomelo-rpc hands its debug tracer through every call; ours is always null. */
type Tracer = null;

/**
 * A mailbox of the user's own, over a transport of their own. Source: pomelo-rpc's mailboxes; those written as its
 * README has them, without the tracer, work too (they are told apart by their number of parameters).
 */
export interface CustomMailBox {
  connect(tracer: Tracer, callback: (error?: unknown) => void): void;
  /** `response`: all that the remote method gave its callback, the error before the results. */
  send(
    tracer: Tracer,
    msg: RpcMessage,
    opts: CallOptions,
    callback: (tracer: Tracer, error?: unknown, response?: readonly unknown[]) => void,
  ): void;
  close(): void;
  /** `close` is emitted when the connection is lost. */
  on(event: 'close', listener: (id: string) => void): unknown;
}

/** The form without the tracer. */
export interface PlainMailBox extends Pick<CustomMailBox, 'close' | 'on'> {
  connect(callback: (error?: unknown) => void): void;
  send(msg: RpcMessage, opts: CallOptions, callback: (error?: unknown, ...results: unknown[]) => void): void;
}

/** A mailbox in either form. */
export type AnyMailBox = CustomMailBox | PlainMailBox;

/** Makes the user's own mailbox of a server: a function, or, as in pomelo-rpc, an object with `create`. */
export type CustomMailBoxFactory =
  | ((server: ServerInfo, opts: object) => AnyMailBox)
  | { create(server: ServerInfo, opts: object): AnyMailBox };

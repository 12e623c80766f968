import type { CallOptions } from '../lib/call/call-contract.js';
import type { RpcMessage } from '../lib/rpc-message.js';
import type { ServerInfo } from '../lib/server-info.js';

/** pomelo-rpc hands its debug tracer through every call; ours is always null. */
type Tracer = null;

/**
 * A connection to one server over a custom transport. A lost mailbox is replaced by asking the factory for another one;
 * the deadline of each call is kept by the client. Mailboxes without the tracer parameters, as pomelo-rpc's README has
 * them, are accepted too: the number of parameters tells them apart. Source: pomelo-rpc.
 * @example
 * ```ts
 * import { EventEmitter } from 'node:events';
 * import { createClient, type CustomMailBox, type RpcMessage, type ServerInfo } from 'mailstation';
 *
 * // Calls stay in this process: each is answered with its own arguments.
 * class LoopbackMailBox extends EventEmitter implements CustomMailBox {
 *   readonly server: ServerInfo;
 *
 *   constructor(server: ServerInfo) {
 *     super();
 *     this.server = server;
 *   }
 *
 *   connect(_tracer: null, callback: (error?: unknown) => void): void {
 *     callback();
 *   }
 *
 *   send(_tracer: null, msg: RpcMessage, _opts: object, callback: Parameters<CustomMailBox['send']>[3]): void {
 *     callback(null, null, [null, msg.args]);
 *   }
 *
 *   close(): void {
 *     this.emit('close', this.server.id);
 *   }
 * }
 *
 * const client = createClient({ mailboxFactory: (server: ServerInfo) => new LoopbackMailBox(server) });
 * client.addProxy({ namespace: 'user', serverType: 'chat' });
 * client.addServer({ id: 'chat-1', serverType: 'chat', port: 3333 });
 * await client.start();
 * console.log(await client.proxies.user.chat.rooms.echo(undefined, 'Anna')); // [ 'Anna' ]
 * await client.stop();
 * ```
 */
export interface CustomMailBox {
  /**
   * Text that differs where another server answers at the address than before, such as the next process; read once
   * connected. The event `mailbox` has the text. @default unknown
   */
  readonly generation?: string;
  /** Connects. The callback is called once, with an error when the attempt failed. */
  connect(tracer: Tracer, callback: (error?: unknown) => void): void;
  /**
   * Sends one call. The callback is called once; `response` has what the remote method gave its callback, the error
   * before the results.
   */
  send(
    tracer: Tracer,
    msg: RpcMessage,
    opts: CallOptions,
    callback: (tracer: Tracer, error?: unknown, response?: readonly unknown[]) => void,
  ): void;
  /** Closes the connection. */
  close(): void;
  /** Adds a listener for `close`, which is emitted when the connection is lost. */
  on(event: 'close', listener: (id: string) => void): unknown;
}

/** A custom mailbox without the tracer parameters; see {@link CustomMailBox}. */
export interface PlainMailBox extends Pick<CustomMailBox, 'close' | 'generation' | 'on'> {
  /** Connects. The callback is called once, with an error when the attempt failed. */
  connect(callback: (error?: unknown) => void): void;
  /** Sends one call. The callback is called once, with the error or the results. */
  send(msg: RpcMessage, opts: CallOptions, callback: (error?: unknown, ...results: unknown[]) => void): void;
}

/** A mailbox in either form. */
export type AnyMailBox = CustomMailBox | PlainMailBox;

/**
 * Makes the custom mailbox of a server: a function or, as in pomelo-rpc, an object with `create`. The second argument
 * has the options of the client as the user wrote them, with the defaults of mailboxes filled in.
 */
export type CustomMailBoxFactory =
  | ((server: ServerInfo, opts: object) => AnyMailBox)
  | { create(server: ServerInfo, opts: object): AnyMailBox };

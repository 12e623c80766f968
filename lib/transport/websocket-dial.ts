import type { IncomingMessage } from 'node:http';
import { describeEndpoint, type Endpoint } from '../endpoint.js';
import { RpcError } from '../errors.js';
import type { ByteStream } from './byte-stream.js';
import { dialFailure } from './dial-failure.js';
import { type DialledTls, dialTls } from './tls-dial.js';
import { tlsFacts } from './tls-peer.js';
import type { DialOptions } from './transport.js';
import { wsOptions } from './websocket-options.js';
import { type WebSocketPackage, webSocketPackage } from './websocket-package.js';
import { WebSocketStream } from './websocket-stream.js';

/** Connects, and upgrades. Rejects with the system's error, or with the error of ws when the other end is not a WebSocket server. */
export async function dialWebSocket(endpoint: Endpoint<'ws' | 'wss'>, options: DialOptions): Promise<ByteStream> {
  const { host, port, transport, path } = endpoint;
  const { WebSocket } = await webSocketPackage();
  if (transport === 'ws') return upgrade(WebSocket, endpoint, options);
  return upgrade(WebSocket, endpoint, options, await dialTls({ transport, host, port, path }, options));
}

function upgrade(
  WebSocket: WebSocketPackage['WebSocket'],
  endpoint: Endpoint<'ws' | 'wss'>,
  { maxFrameBytes, signal }: DialOptions,
  secured?: DialledTls,
): Promise<ByteStream> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      secured?.socket.destroy();
      reject(signal.reason);
      return;
    }
    const url = describeEndpoint(endpoint);
    const ws = new WebSocket(url, {
      ...wsOptions(maxFrameBytes),
      ...(secured && { createConnection: () => secured.socket }),
    });
    const explain = (error: Error): Error => secured?.explain(error) ?? error;
    const release = (): void => {
      signal.removeEventListener('abort', onAbort);
      ws.removeListener('error', fail);
      ws.removeListener('open', onOpen);
    };
    const giveUp = (reason: unknown): void => {
      release();
      ws.on('error', () => {}); // terminate() reports that it was terminated
      ws.terminate();
      secured?.socket.destroy();
      reject(reason);
    };
    const fail = (error: Error): void => giveUp(handshakeFailure(explain(dialFailure(error))));
    const onAbort = (): void => giveUp(signal.reason);
    const onOpen = (): void => {
      release();
      resolve(new WebSocketStream(ws, url, endpoint.host, { facts: secured && tlsFacts(secured.socket), explain }));
    };
    ws.once('error', fail);
    ws.once('open', onOpen);
    ws.once('unexpected-response', (_request, response) => fail(unexpected(response)));
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

/** The error of an answer that is no upgrade, with the text of ws. A port that speaks TLS says so in a header. */
function unexpected({ statusCode, headers }: IncomingMessage): Error {
  const speaksTls = headers.upgrade?.startsWith('TLS/') === true;
  return new Error(
    speaksTls ? 'the server speaks TLS: connect by wss://' : `Unexpected server response: ${statusCode}`,
  );
}

/**
 * The error of a connection that was made, and not upgraded: the messages of Node and ws ("socket hang up", "Parse Error")
 * name no cause. An error of the system, which has a `syscall`, is returned as it is.
 */
function handshakeFailure(error: Error): Error {
  if ('syscall' in error || error instanceof RpcError || error.cause !== undefined) return error;
  const { code } = error as NodeJS.ErrnoException;
  const why = `the WebSocket handshake failed (${error.message}): another program is on this port, or the server has the transport tcp`;
  return Object.assign(new Error(why, { cause: error }), code === undefined ? {} : { code });
}

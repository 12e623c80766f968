import { once } from 'node:events';
import type { Socket } from 'node:net';
import { messageOf, toError } from '../../errors.js';
import { clearTimeout, setTimeout } from '../../timers.js';
import { dialSocket } from '../../transport/socket-dial.js';
import { dialTls } from '../../transport/tls-dial.js';
import type { TlsMaterial } from '../../transport/tls-material.js';
import type { Host } from './hosts.js';

/** A server that does not accept our certificate ends the connection within this time after the handshake. Unit: ms */
const REFUSAL_MS = 250;

/**
 * Why no connection could be made: dials once with node:net or node:tls, whose errors have codes. @grpc/grpc-js gives a text alone.
 */
export async function diagnose(host: Host, tls: TlsMaterial | undefined, timeout: number): Promise<Error> {
  try {
    return await within(timeout, (signal) =>
      tls === undefined ? plainFault(host, signal) : tlsFault(host, tls, signal),
    );
  } catch (error) {
    return toError(error);
  }
}

/**
 * Resolves when the host accepts a connection, which is ended at once. Rejects with the reason, in words. A process that waits for a host
 * which is away asks so: it costs a tenth of what a channel of @grpc/grpc-js costs.
 */
export async function knock(host: Host, timeout: number, closing: AbortSignal): Promise<void> {
  await within(timeout, (signal) => reach(host, AbortSignal.any([signal, closing])));
}

/** Does the work, which is to give up when the time is over. Rejects with the fault of the work. */
async function within<T>(timeout: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort(new Error(`no connection within ${timeout} ms`)), timeout);
  try {
    return await work(giveUp.signal);
  } finally {
    clearTimeout(timer);
  }
}

async function reach({ name, port }: Host, signal: AbortSignal): Promise<void> {
  const socket = await dialSocket({ host: name, port }, signal);
  socket.destroy();
}

async function plainFault(host: Host, signal: AbortSignal): Promise<Error> {
  await reach(host, signal);
  return new Error('a process accepts connections there, and does not speak gRPC without TLS: is it https?');
}

async function tlsFault({ name, port }: Host, tls: TlsMaterial, signal: AbortSignal): Promise<Error> {
  const { socket, explain } = await dialTls({ transport: 'tls', host: name, port }, { signal, tls });
  const error = await refusal(socket);
  if (error !== undefined) return explain(error);
  return new Error('a process accepts connections there, and does not speak gRPC');
}

/** Over TLS 1.3 a server refuses the certificate of a client after the handshake of the client is over. */
async function refusal(socket: Socket): Promise<Error | undefined> {
  const timer = setTimeout(() => socket.destroy(), REFUSAL_MS);
  try {
    await once(socket.resume(), 'close');
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(messageOf(error));
  } finally {
    clearTimeout(timer);
    socket.on('error', () => {});
    socket.destroy();
  }
}

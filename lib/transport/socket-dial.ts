import { connect, type NetConnectOpts, type Socket } from 'node:net';
import { dialFailure } from './dial-failure.js';
import { endWithRealTicks, withRealTicks } from './real-ticks.js';

/** How a socket is made that is more than a socket of the system. */
export interface SocketMaker<Made extends Socket> {
  make(): Made;
  /** Event with which the socket can be used. */
  readonly event: string;
}

/**
 * Connects a socket. Rejects with the system's error, with the reason of the signal, or with what `check` returns for the
 * connected socket.
 */
export function dialSocket(
  to: NetConnectOpts,
  signal: AbortSignal,
  check?: (socket: Socket) => Error | undefined,
): Promise<Socket> {
  return dialWith({ make: () => connect(to), event: 'connect' }, signal, check);
}

/** Connects a socket of another kind, as {@link dialSocket} does. */
export function dialWith<Made extends Socket>(
  { make, event }: SocketMaker<Made>,
  signal: AbortSignal,
  check: (socket: Made) => Error | undefined = () => undefined,
): Promise<Made> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const socket = withRealTicks(make);
    endWithRealTicks(socket);
    const settle = (error?: unknown): void => {
      signal.removeEventListener('abort', onAbort);
      socket.removeListener('error', settle);
      socket.removeListener(event, onConnect);
      if (error === undefined) {
        resolve(socket);
        return;
      }
      socket.on('error', () => {}); // errors of a socket that is being destroyed are of no use
      socket.destroy();
      reject(dialFailure(error));
    };
    const onAbort = (): void => settle(signal.reason);
    const onConnect = (): void => settle(check(socket));
    socket.once('error', settle);
    socket.once(event, onConnect);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

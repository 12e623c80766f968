import { connect, type NetConnectOpts, type Socket } from 'node:net';
import { dialFailure } from './dial-failure.js';
import { endWithRealTicks, withRealTicks } from './real-ticks.js';

/**
 * Connects a socket. Rejects with the system's error, with the reason of the signal, or with what `check` returns for the
 * connected socket.
 */
export function dialSocket(
  to: NetConnectOpts,
  signal: AbortSignal,
  check: (socket: Socket) => Error | undefined = () => undefined,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const socket = withRealTicks(() => connect(to));
    endWithRealTicks(socket);
    const settle = (error?: unknown): void => {
      signal.removeEventListener('abort', onAbort);
      socket.removeListener('error', settle);
      socket.removeListener('connect', onConnect);
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
    socket.once('connect', onConnect);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

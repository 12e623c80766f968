import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

/**
 * Sets `TCP_NODELAY` on each socket of this process, for packages that leave it off and have no option for it: a lone call of theirs
 * would otherwise wait for the other end's delayed acknowledgement.
 */
export function setNoDelayEverywhere(): void {
  for (const name of ['net.client.socket', 'net.server.socket'])
    subscribe(name, (message) => (message as { socket: Socket }).socket.setNoDelay(true));
}

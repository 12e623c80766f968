import { Socket } from 'node:net';
import { endWithRealTicks, withRealTicks } from './real-ticks.js';
import { SocketReads } from './socket-reads.js';

/** An accepted socket, and its readings where they go into memory that is used again. */
export interface AcceptedSocket {
  readonly socket: Socket;
  readonly reads: SocketReads | undefined;
}

/** A socket with the object of Node behind it, which reads and writes. */
interface HandleOwner {
  _handle?: { readonly useUserBuffer?: unknown } | null;
}

/**
 * Makes an accepted socket ready for a stream, and has it read into the memory of the dialled sockets. Node takes the option `onread` for sockets that a
 * program makes, and makes accepted ones itself, without it. A second socket therefore goes on with the handle of the accepted one, of which
 * nothing was read yet.
 *
 * Node's documentation names `_handle` only as a property that `server.listen` looks for. Where there is none that can read so, the accepted
 * socket stays, and allocates 64 KiB for each reading.
 */
export function acceptSocket(accepted: Socket): AcceptedSocket {
  const handle = (accepted as HandleOwner)._handle;
  if (typeof handle?.useUserBuffer !== 'function') {
    endWithRealTicks(accepted);
    return { socket: accepted, reads: undefined };
  }
  const reads = new SocketReads('accepted');
  (accepted as HandleOwner)._handle = null;
  const options: object = { handle, onread: reads.onread };
  const socket = withRealTicks(() => new Socket(options));
  endWithRealTicks(socket);
  withRealTicks(() => accepted.destroy()); // without its handle, all that is left to do is to leave the server's count
  return { socket, reads };
}

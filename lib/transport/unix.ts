import { createServer } from 'node:net';
import { describeEndpoint } from '../endpoint.js';
import { delay } from '../timers.js';
import { acceptSocket } from './socket-accept.js';
import { dialSocket } from './socket-dial.js';
import { publishSocket } from './socket-file.js';
import { closeServer, listenAt } from './socket-listen.js';
import { checkSocket } from './socket-owner.js';
import { SocketReads } from './socket-reads.js';
import { SocketStream } from './socket-stream.js';
import type { Transport } from './transport.js';

/** Mode of a socket that is not given another: programs of other users cannot connect. */
const DEFAULT_SOCKET_MODE = 0o600;
/** Address of every peer of a unix socket: the peer is on this machine. */
const THIS_MACHINE = '127.0.0.1';
/** Wait for a listener that has no room for another connection. Over TCP the system waits by itself. Unit: ms */
const FULL_PAUSE_MS = 10;

/** Unix domain sockets: paths in the file system, on one machine. */
export const unix: Transport<'unix'> = {
  /** Rejects with EACCES for a socket of another user, who could pose as the server; see {@link checkSocket}. */
  async dial(endpoint, { signal }) {
    const { path } = endpoint;
    for (;;) {
      signal.throwIfAborted();
      checkSocket(path);
      try {
        const reads = new SocketReads('dialled');
        const socket = await dialSocket({ path, onread: reads.onread }, signal);
        return new SocketStream(socket, describeEndpoint(endpoint), THIS_MACHINE, { reads });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      }
      await delay(FULL_PAUSE_MS, undefined, { signal }).catch(() => {}); // the reason of an abort is thrown above
    }
  },

  async listen(endpoint, { onStream, onError, socketMode = DEFAULT_SOCKET_MODE }) {
    const { path } = endpoint;
    let accepted = 0;
    let isPublished = false;
    const server = createServer((made) => {
      if (!isPublished) return made.destroy(); // another process asks whether this one lives
      accepted += 1;
      const { socket, reads } = acceptSocket(made);
      onStream(new SocketStream(socket, `${describeEndpoint(endpoint)}#${accepted}`, THIS_MACHINE, { reads }));
    });
    const withdraw = await publishSocket(path, socketMode, {
      listen: (at) => listenAt(server, { path: at }, onError),
      onPublished: () => {
        isPublished = true;
      },
    }).catch(async (error: unknown) => {
      await closeServer(server);
      throw error;
    });
    return {
      endpoint,
      close() {
        withdraw();
        return closeServer(server);
      },
    };
  },
};

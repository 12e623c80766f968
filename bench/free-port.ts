import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the ports that systems give to programs without a wish: Linux begins at 32,768, others at 49,152. */
const FIRST_PORT = 10_240;
const LAST_PORT = 32_767;

/**
 * A port of 127.0.0.1 that is free, for processes that compete for a port or come back to one. The system's own choice, port 0,
 * would not do: the system may give the same port to any other program before the process listens, as the port of a connection too.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT));
    const probe = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      probe.once('error', () => resolve(false));
      probe.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!isFree) continue;
    probe.close();
    await once(probe, 'close');
    return port;
  }
}

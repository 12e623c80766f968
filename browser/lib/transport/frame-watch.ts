import type { RpcError } from '../../../lib/errors.js';

/** A page does not watch for servers that send a byte at a time: the server is the page's own. */
export class FrameWatch {
  constructor(_connection: unknown, _timeoutMs: number, _onStalled: (reason: RpcError) => void) {}

  heard(): void {}

  stop(): void {}
}

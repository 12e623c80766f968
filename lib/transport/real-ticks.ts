import { Socket } from 'node:net';
import { nextTick } from '../timers.js';

/** True while the fake timers of sinon or jest have replaced `process.nextTick`; their functions have a `clock`. */
export function areTicksFake(): boolean {
  return 'clock' in process.nextTick;
}

/**
 * Runs a function of Node that continues in later ticks. sinon's fake timers replace `process.nextTick` for Node's own
 * sockets too, which then neither connect nor listen nor end. This function puts the original back meanwhile, and again
 * while each tick runs that the function has asked for.
 */
export function withRealTicks<T>(run: () => T): T {
  if (!areTicksFake()) return run();
  const { nextTick: fake } = process;
  process.nextTick = (callback, ...args) => nextTick(() => withRealTicks(() => callback(...args)));
  try {
    return run();
  } finally {
    process.nextTick = fake;
  }
}

/** Lets a socket end with real ticks also where the system ends the connection, and so calls Node and not this package. */
export function endWithRealTicks(socket: Socket): void {
  socket.push = push;
  socket._final = final;
  socket._destroy = destroy;
}

/** A constant: V8 then inlines the function, which runs for each chunk. */
const { push: nodePush } = Socket.prototype;

/** Called for each chunk, and with null at the end. */
function push(this: Socket, chunk: unknown, encoding?: BufferEncoding): boolean {
  return chunk === null ? pushEnd(this) : nodePush.call(this, chunk, encoding);
}

/** A function of its own: V8 makes an object for the variables of a function that has a closure, at each call. */
function pushEnd(socket: Socket): boolean {
  return withRealTicks(() => nodePush.call(socket, null));
}

type Done = (error?: Error | null) => void;

/** Called when the last bytes are written. */
function final(this: Socket, done: Done): void {
  Socket.prototype._final.call(this, (error) => withRealTicks(() => done(error)));
}

function destroy(this: Socket, reason: Error | null, done: Done): void {
  Socket.prototype._destroy.call(this, reason, (error) => withRealTicks(() => done(error)));
}

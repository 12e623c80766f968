import { connect } from 'node:net';
import type { TestContext } from 'node:test';
import { WebSocket } from 'ws';
import type { TransportName } from '../../lib/server-info.js';
import { request } from '../lib/transport/support.js';
import { untilEvent } from '../support/until.js';
import { EXT } from './raw-peers.js';

/** A registered caller on a bare socket that reads when the test wants it to, and counts bytes without keeping them. */
export interface ReadingCaller {
  readonly bytesRead: number;
  readonly isClosed: boolean;
  send(bytes: Buffer): void;
  register(): void;
  pause(): void;
  resume(): void;
}

export async function readingCaller(
  t: Pick<TestContext, 'after'>,
  transport: TransportName,
  port: number,
  isRegistered = true,
): Promise<ReadingCaller> {
  const socket = transport === 'tcp' ? connect(port, '127.0.0.1') : new WebSocket(`ws://127.0.0.1:${port}`);
  const destroy = () => (socket instanceof WebSocket ? socket.terminate() : socket.destroy());
  t.after(destroy);
  const [data, open] = transport === 'tcp' ? ['data', 'connect'] : ['message', 'open'];
  const caller = {
    bytesRead: 0,
    isClosed: false,
    send: (bytes: Buffer) => void (socket instanceof WebSocket ? socket.send(bytes) : socket.write(bytes)),
    register: () => caller.send(request(1, { type: 'register_channel', channelName: 'test-1', ext: EXT })),
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
  };
  socket.on(data, (bytes: Buffer) => {
    caller.bytesRead += bytes.length;
  });
  socket.on('error', () => {}); // a reset is an end too
  socket.on('close', () => {
    caller.isClosed = true;
  });
  await untilEvent(socket, open, { what: 'the connection' });
  if (!isRegistered) return caller;
  caller.register();
  await untilEvent(socket, data, { what: 'the registration' });
  return caller;
}

/** Requests of one method, back to back. */
export function invokes(method: string, count: number, firstId = 2): Buffer {
  const head = { type: 'invoke', method: `user.service.${method}`, argLength: 0, oneway: false };
  return Buffer.concat(Array.from({ length: count }, (_, at) => request(firstId + at, head, undefined, 60_000)));
}

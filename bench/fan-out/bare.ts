/** The least that a fan-out can cost: frames of the same size, made once for all Followers, one write a tick to each, no answers. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import type { Ends } from './ends.js';
import type { HostList } from './value.js';

const HEADER_BYTES = 24;
const AT_HEAD = 16;
const AT_BODY = 20;
const HEAD = Buffer.from(
  JSON.stringify({ type: 'subscribe_result', key: '$$inner$$__{"dataId":"com.example.hosts"}' }),
);

function frameOf(value: HostList): Buffer {
  const body = Buffer.from(JSON.stringify(value));
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32BE(HEAD.length, AT_HEAD);
  header.writeUInt32BE(body.length, AT_BODY);
  return Buffer.concat([header, HEAD, body]);
}

/** Calls back with each value in the bytes of a socket. */
function reader(onValue: (value: HostList) => void): (chunk: Buffer) => void {
  let rest: Buffer | undefined;
  return (chunk) => {
    const bytes = rest === undefined ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    while (bytes.length - at >= HEADER_BYTES) {
      const bodyAt = at + HEADER_BYTES + bytes.readUInt32BE(at + AT_HEAD);
      const end = bodyAt + bytes.readUInt32BE(at + AT_BODY);
      if (end > bytes.length) break;
      onValue(JSON.parse(bytes.toString('latin1', bodyAt, end)));
      at = end;
    }
    rest = at === bytes.length ? undefined : bytes.subarray(at);
  };
}

export const bareEnds: Ends = {
  async lead(port) {
    const sockets: Socket[] = [];
    const server = createServer({ noDelay: true }, (socket) => {
      sockets.push(socket);
      socket.resume();
      socket.write('+'); // registered
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    let frames: Buffer[] = [];
    const flush = (): void => {
      const [first, ...others] = frames;
      const bytes = others.length === 0 ? (first as Buffer) : Buffer.concat(frames);
      frames = [];
      for (const socket of sockets) socket.write(bytes);
    };
    return (value) => {
      if (frames.push(frameOf(value)) === 1) process.nextTick(flush);
    };
  },
  async follow(port, count, onValue) {
    for (let index = 0; index < count; index++) {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true });
      await once(socket, 'data');
      socket.on(
        'data',
        reader((value) => onValue(index, value)),
      );
    }
  },
};

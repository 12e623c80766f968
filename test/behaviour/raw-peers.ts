import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { STOCK_CODEC } from '../../lib/protocol/codecs.js';
import { FrameWriter } from '../../lib/protocol/frame-writer.js';
import type { ServerInfo } from '../../lib/server-info.js';
import { type Packet, packetsOf, request, response } from '../lib/transport/support.js';
import { until, untilEvent } from '../support/until.js';

export const EXT = { version: 1, codecs: ['json'], features: ['results', 'meta', 'goaway'] };

/** As stock cluster-client peers encode values. */
export function stock(value: unknown): Buffer {
  const writer = new FrameWriter(1_000_000);
  writer.begin(0, 1, 1, Buffer.alloc(0));
  STOCK_CODEC.encode(value, writer);
  writer.commit();
  const chunks: Buffer[] = [];
  writer.take((bytes) => chunks.push(bytes));
  return Buffer.concat(chunks).subarray(24);
}

export function unstock(body: Buffer): Record<string, unknown> {
  return STOCK_CODEC.decode(body, 0, body.length) as Record<string, unknown>;
}

/** One end of a bare TCP connection: writes any bytes, and reads packets. */
export class RawPeer {
  readonly socket: Socket;
  #received = Buffer.alloc(0);
  readonly #taken = new Set<number>();
  isClosed = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk]);
    });
    socket.on('error', () => {}); // a reset is an end too
    socket.on('close', () => {
      this.isClosed = true;
    });
  }

  write(...pieces: Buffer[]): void {
    for (const piece of pieces) this.socket.write(piece);
  }

  get packets(): Packet[] {
    return packetsOf(this.#received);
  }

  /** The next packet in the order of arrival, or the next of a type; each is given once. */
  async next(type?: string): Promise<Packet> {
    const { packet } = await until(
      () => {
        const at = this.packets.findIndex(
          ({ head }, i) => !this.#taken.has(i) && (type === undefined || head.type === type),
        );
        // A peer that is gone sends no more; waiting on would outlive the test.
        if (at < 0 && this.isClosed) throw new Error(`closed before a packet of type ${type ?? '(any)'}`);
        if (at < 0) return undefined;
        this.#taken.add(at);
        return { packet: this.packets[at] as Packet };
      },
      { what: `a packet of type ${type ?? '(any)'}` },
    );
    return packet;
  }

  closed(timeoutMs?: number): Promise<unknown> {
    return until(() => this.isClosed, { what: 'the connection to be closed', ...(timeoutMs ? { timeoutMs } : {}) });
  }
}

/** Connects to a server of ours, without a word. */
export async function rawCaller(t: Pick<TestContext, 'after'>, port: number): Promise<RawPeer> {
  const socket = connect(port, '127.0.0.1');
  // With an error: a test may end while this still waits for the connection, and the wait would keep the process alive.
  t.after(() => socket.destroy(new Error('the test is over')));
  const peer = new RawPeer(socket);
  await untilEvent(socket, 'connect', { what: 'the connection' });
  return peer;
}

/** As {@link rawCaller}, registered as a peer of our own kind with the json codec. */
export async function registeredCaller(
  t: Pick<TestContext, 'after'>,
  port: number,
  channelName = 'test-1',
): Promise<RawPeer> {
  const peer = await rawCaller(t, port);
  peer.write(request(1, { type: 'register_channel', channelName, ext: EXT }));
  await peer.next();
  return peer;
}

export interface RawLeader {
  readonly port: number;
  readonly info: ServerInfo;
  /** One for each connection that was made, in order. */
  readonly peers: RawPeer[];
  /** The next connection that is made. */
  connection(count?: number): Promise<RawPeer>;
}

/**
 * A server that is none of ours. `onConnection` says what it does; by default it accepts the registration, and then
 * nothing.
 */
export async function rawLeader(
  t: Pick<TestContext, 'after'>,
  onConnection: (peer: RawPeer) => void | Promise<void> = acceptRegistration,
  atPort = 0,
): Promise<RawLeader> {
  const peers: RawPeer[] = [];
  const server = createServer((socket) => {
    const peer = new RawPeer(socket);
    peers.push(peer);
    Promise.resolve(onConnection(peer)).catch(() => socket.destroy());
  });
  t.after(() => {
    server.close();
    for (const { socket } of peers) socket.destroy();
  });
  server.listen(atPort, '127.0.0.1');
  await untilEvent(server, 'listening', { what: 'the raw leader to listen' });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    info: { id: 'test-1', serverType: 'test', port },
    peers,
    connection: (count = 1) => until(() => peers[count - 1], { what: `connection ${count}` }),
  };
}

/** Accepts the registration with the json codec. Resolves when the answer is written. */
export async function acceptRegistration(peer: RawPeer): Promise<void> {
  const { id } = await peer.next('register_channel');
  peer.write(response(id, { type: 'register_channel_res', ext: EXT }, stock({ success: true })));
}

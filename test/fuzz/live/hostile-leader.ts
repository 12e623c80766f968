import { createServer, type Socket } from 'node:net';
import { type Endpoint, urlOf } from '../../../lib/endpoint.js';
import type { Listener } from '../../../lib/transport/transport.js';
import { listen } from '../../../lib/transport/transports.js';
import { untilEvent } from '../../support/until.js';
import type { TransportUnderTest } from '../../transport/conformance/transports.js';
import { bytesOfFrame, type Frame, mutated } from '../mutation.js';
import { Random } from '../random.js';
import { acceptance, answerTo, type CodecName, extOf, leaderFrame, response, streamingExt } from './frames.js';
import { oddHandshake } from './handshakes.js';
import { leaderAuth } from './secret-peer.js';
import { streamAnswer, streamReply } from './stream-frames.js';
import { socketAddress, streamOf, Wire } from './wire.js';

const CODECS: readonly CodecName[] = ['msgpack', 'json', 'serialize-json'];
/** Codecs that peers agree on. */
const AGREED: readonly CodecName[] = ['msgpack', 'json'];
const MAX_CONNECTION_MS = 3_000;

/** How a hostile Leader meets those that connect: with the handshake of the transport, or without. */
export interface HostileOptions {
  readonly transport: TransportUnderTest;
  readonly endpoint: Endpoint;
  readonly isBare: boolean;
  readonly hasSecret: boolean;
}

/** Listens, and answers each connection in the way that a seed says. */
export class HostileLeader {
  readonly #hasSecret: boolean;
  readonly #isBare: boolean;
  readonly #wires = new Set<Wire>();
  #place: Pick<Listener, 'endpoint' | 'close'> | undefined;
  #seed = 0;
  connections = 0;
  frames = 0;

  private constructor({ hasSecret, isBare }: HostileOptions) {
    this.#hasSecret = hasSecret;
    this.#isBare = isBare;
  }

  static async listen(options: HostileOptions): Promise<HostileLeader> {
    const leader = new HostileLeader(options);
    const { transport, endpoint, isBare } = options;
    leader.#place = isBare
      ? await listenBare(endpoint, (socket) => leader.#accept(new Wire(streamOf(socket))))
      : await listen(endpoint, {
          ...transport.listening,
          handshakeTimeout: 5_000,
          onStream: (stream) => leader.#accept(new Wire(stream)),
          onError() {},
        });
    return leader;
  }

  get url(): string {
    return urlOf((this.#place as Listener).endpoint);
  }

  /** The connections from now on have the generators of this seed, of the next one, and so on. */
  reseed(seed: number): void {
    this.#seed = seed;
  }

  async close(): Promise<void> {
    for (const wire of this.#wires) wire.destroy();
    await this.#place?.close();
  }

  #accept(wire: Wire): void {
    const random = new Random(this.#seed++);
    this.connections += 1;
    this.#wires.add(wire);
    const timer = setTimeout(() => wire.destroy(), MAX_CONNECTION_MS);
    void wire.closed.then(() => {
      this.#wires.delete(wire);
      clearTimeout(timer);
    });
    if (this.#isBare) void oddHandshake(random, 'server').then((bytes) => wire.send(random, bytes));
    else new Conversation(random, wire, this.#hasSecret, () => this.frames++);
  }
}

async function listenBare(
  endpoint: Endpoint,
  onSocket: (socket: Socket) => void,
): Promise<Pick<Listener, 'endpoint' | 'close'>> {
  const server = createServer(onSocket);
  server.listen(socketAddress(endpoint));
  await untilEvent(server, 'listening', { what: 'the hostile leader to listen' });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? { port: address.port } : {};
  return { endpoint: { ...endpoint, ...port } as Endpoint, close: async () => void server.close() };
}

/** One connection of a caller. The caller's frames are answered, most of them rightly, and others are sent beside. */
class Conversation {
  readonly #random: Random;
  readonly #wire: Wire;
  readonly #isInsider: boolean;
  readonly #hasSecret: boolean;
  readonly #codec: CodecName;
  readonly #onSent: () => void;
  /** Accepts registrations as the rules say, and answers with frames of streams. */
  readonly #isStreamer: boolean;
  /** One frame of so many is damaged. */
  readonly #damage: number;
  #left: number;
  #id = 0;

  constructor(random: Random, wire: Wire, hasSecret: boolean, onSent: () => void) {
    this.#random = random;
    this.#wire = wire;
    this.#hasSecret = hasSecret;
    this.#onSent = onSent;
    this.#isStreamer = random.oneIn(3);
    this.#codec = random.pick(this.#isStreamer ? AGREED : CODECS);
    this.#isInsider = this.#isStreamer || random.oneIn(2);
    this.#damage = this.#isStreamer ? 200 : random.pick([2, 4, 15]);
    this.#left = random.below(random.pick([4, 20, 80]));
    wire.onFrame((frame) => void this.#react(frame));
    if (random.oneIn(10)) void this.#send(leaderFrame(random, this.#codec, ++this.#id));
  }

  async #react(frame: Frame): Promise<void> {
    if (frame.kind !== 0) return;
    if (this.#left-- <= 0) return this.#random.oneIn(3) ? this.#wire.destroy() : this.#wire.end();
    const { type } = frame.head;
    if (type === 'register_channel' && this.#hasSecret && !this.#random.oneIn(4)) {
      const auth = leaderAuth(this.#random, this.#isInsider, frame);
      return this.#send(response(frame.id, { type: 'register_challenge', auth }));
    }
    if (type === 'register_channel' || type === 'register_proof')
      return this.#send(acceptance(frame.id, (this.#isStreamer ? streamingExt : extOf)(this.#random, this.#codec)));
    if (this.#random.oneIn(8)) return; // no answer
    if (type === 'stream_items' || type === 'stream_end') {
      const reply = streamReply(this.#random, frame.id, type);
      return reply && (await this.#send(reply));
    }
    if (this.#random.oneIn(12)) await this.#stream(++this.#id);
    if (frame.head['stream'] === 1 || frame.head['upload'] === 1) return this.#stream(frame.id);
    if (this.#random.oneIn(3)) await this.#send(leaderFrame(this.#random, this.#codec, ++this.#id));
    await this.#send(answerTo(this.#random, this.#codec, frame));
  }

  /** Frames of a stream, whether the caller has asked for one or not. */
  async #stream(id: number): Promise<void> {
    for (const frame of streamAnswer(this.#random, this.#codec, id)) await this.#send(frame);
  }

  async #send(frame: Frame): Promise<void> {
    this.#onSent();
    const isDamaged = this.#random.oneIn(this.#damage);
    await this.#wire.send(this.#random, isDamaged ? mutated(this.#random, frame) : bytesOfFrame(frame));
  }
}

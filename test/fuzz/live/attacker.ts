import type { Endpoint } from '../../../lib/endpoint.js';
import type { TransportUnderTest } from '../../transport/conformance/transports.js';
import { bytesOfFrame, type Frame, mutated } from '../mutation.js';
import type { Random } from '../random.js';
import { type CodecName, extOf, followerFrame, request, streamingExt } from './frames.js';
import { oddHandshake } from './handshakes.js';
import { followerProof, offer } from './secret-peer.js';
import { followerStream } from './stream-frames.js';
import { pause, Wire } from './wire.js';

/** A place of the target at which strangers can connect. */
export interface Door {
  readonly name: string;
  readonly transport: TransportUnderTest;
  readonly endpoint: Endpoint;
  readonly channelName: string;
  readonly hasSecret: boolean;
  /** The target ends connections there that do not register within a second or less. */
  readonly closesSoon: boolean;
}

/** Outcome of one connection. */
export interface Attack {
  /** No connection came about. */
  readonly isRefused: boolean;
  readonly frames: number;
  readonly bytes: number;
  /** The promise that the target has broken. */
  readonly violation?: string;
}

const CODECS: readonly CodecName[] = ['msgpack', 'json', 'serialize-json'];
/** Codecs that peers agree on. */
const AGREED: readonly CodecName[] = ['msgpack', 'json'];
/** Far above `handshakeTimeout` of the target, since the machine may be busy. Unit: ms */
const CLOSE_TIMEOUT_MS = 20_000;
const ANSWER_TIMEOUT_MS = 400;

/** Connects to the door once, and does there what the generator says. */
export async function attack(door: Door, random: Random): Promise<Attack> {
  const isBare = random.oneIn(8);
  const wire = isBare ? Wire.bare(door.endpoint) : await Wire.dial(door.transport, door.endpoint);
  if (wire === undefined) return { isRefused: true, frames: 0, bytes: 0 };
  const attacker = new Attacker(door, random, wire, isBare);
  try {
    if (isBare) await wire.send(random, await oddHandshake(random, 'client'));
    else await attacker.converse();
    return { ...attacker.report, ...(await attacker.leave()) };
  } finally {
    wire.destroy();
  }
}

class Attacker {
  readonly #door: Door;
  readonly #random: Random;
  readonly #wire: Wire;
  readonly #isBare: boolean;
  readonly #codec: CodecName;
  readonly #isInsider: boolean;
  /** Registers as the rules say, and opens streams. */
  readonly #isStreamer: boolean;
  #id = 0;
  #frames = 0;
  #isRegistered = false;
  #isReading = true;

  constructor(door: Door, random: Random, wire: Wire, isBare: boolean) {
    this.#isBare = isBare;
    this.#door = door;
    this.#random = random;
    this.#wire = wire;
    this.#isStreamer = random.oneIn(3);
    this.#codec = random.pick(this.#isStreamer ? AGREED : CODECS);
    this.#isInsider = this.#isStreamer || random.oneIn(2);
    wire.onFrame(({ head, body }) => {
      this.#isRegistered ||= head['type'] === 'register_channel_res' && body.toString().startsWith('success^^^^$0|-1]');
    });
  }

  get report(): Attack {
    return { isRefused: false, frames: this.#frames, bytes: this.#wire.sentBytes };
  }

  /** Noise, frames without a registration, a registration that is damaged, or frames behind a registration. */
  async converse(): Promise<void> {
    const random = this.#random;
    const style = this.#isStreamer ? 9 : random.below(10);
    if (style === 0) return this.#wire.send(random, random.bytes(random.below(400)));
    if (style > 1) await this.#register(style < 5);
    if (random.oneIn(20)) {
      this.#wire.pause();
      this.#isReading = false;
    }
    for (let left = random.below(random.pick([3, 12, 40])); left > 0 && !this.#wire.isClosed; left--) {
      if (random.oneIn(this.#isStreamer ? 1 : 8)) await this.#stream();
      else await this.#send(followerFrame(random, this.#codec, ++this.#id), random.oneIn(2));
    }
  }

  /** Closes the connection, or waits until the target has closed one that breaks the rules. */
  async leave(): Promise<Pick<Attack, 'violation'>> {
    const wire = this.#wire;
    const way = this.#random.below(this.#door.closesSoon ? 6 : 4);
    if (way < 2) wire.destroy();
    else if (way < 4) wire.end();
    else await pause(this.#random.below(30));
    if (!this.#isReading) return {};
    // A stock peer stays connected when it is refused, or waits for a Leader: such a peer would redial without a pause.
    const mayStay = (): boolean => {
      const { layout, asStock } = wire.sent;
      return way > 3 && (this.#isRegistered || asStock) && layout === 'whole frames';
    };
    const isOver = await reached(() => wire.isClosed || mayStay(), CLOSE_TIMEOUT_MS);
    if (wire.unreadable !== undefined && !this.#isBare)
      return { violation: `sent what is no frame: ${wire.unreadable.message}` };
    if (isOver) return {};
    const was = `${this.#isRegistered ? 'registered' : 'unregistered'}, ${way < 4 ? 'ended' : 'left open'}, ${wire.sent.layout}`;
    return { violation: `did not close a connection (${was}), which had sent ${wire.text}` };
  }

  async #register(isDamaged: boolean): Promise<void> {
    const random = this.#random;
    const { hasSecret, channelName } = this.#door;
    const { nonce, auth } = offer(random, this.#isInsider);
    const ext = this.#isStreamer ? streamingExt(random, this.#codec) : extOf(random, this.#codec);
    const isStock = !hasSecret && !this.#isStreamer && random.oneIn(6);
    const head = {
      type: 'register_channel',
      channelName,
      ...(!isStock && { ext: { ...ext, ...(hasSecret && { auth }) } }),
    };
    const first = request(++this.#id, head, undefined, 3_000);
    const [damagesFirst, damagesProof] = isDamaged ? [random.oneIn(2), true] : [false, false];
    const answered = this.#answer();
    await this.#send(first, damagesFirst);
    if (damagesFirst && random.oneIn(2)) return;
    const challenge = await answered;
    if (challenge?.head['type'] === 'register_challenge') {
      const proof = followerProof(this.#isInsider, channelName, nonce, challenge);
      const accepted = this.#answer();
      const proving = { type: 'register_proof', auth: { proof }, ext: { version: 1, clientId: 'fuzzer', token: 1 } };
      await this.#send(request(++this.#id, proving, undefined, 3_000), damagesProof);
      await accepted;
    }
  }

  /** Most frames of streams are whole, since one that is not ends the connection. */
  async #stream(): Promise<void> {
    const random = this.#random;
    const prefix = this.#door.channelName === 'registry' ? '' : 'user.service.';
    for (const frame of followerStream(random, this.#codec, ++this.#id, prefix)) {
      await this.#send(frame, random.oneIn(this.#isStreamer ? 400 : 40));
      if (random.oneIn(3)) await pause(random.below(10)); // items may come meanwhile
    }
  }

  #answer(): Promise<Frame | undefined> {
    return this.#wire.next(({ kind }) => kind === 1, ANSWER_TIMEOUT_MS);
  }

  async #send(frame: Frame, isDamaged: boolean): Promise<void> {
    this.#frames += 1;
    await this.#wire.send(this.#random, isDamaged ? mutated(this.#random, frame) : bytesOfFrame(frame));
  }
}

async function reached(probe: () => boolean, timeoutMs: number): Promise<boolean> {
  for (const endsAt = performance.now() + timeoutMs; performance.now() < endsAt; await pause(20))
    if (probe()) return true;
  return probe();
}

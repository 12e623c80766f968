import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { until, untilEvent } from '../support/until.js';

const HEADER_BYTES = 24;

/** `caller`: the end that has dialled. */
export type End = 'caller' | 'callee';

const ENDS: readonly End[] = ['caller', 'callee'];

/** One packet, as it passed. */
export interface TappedFrame {
  readonly step: string;
  readonly from: End;
  readonly bytes: Buffer;
}

/** Stands between two ends, passes on every byte as it is, and keeps the packets. */
export class Tap {
  readonly port: number;
  /** Those that are ours, and not a stock peer. */
  readonly ends: readonly End[];
  readonly frames: TappedFrame[] = [];
  /** The name of what the ends are made to do now. */
  step = '';
  readonly #targetPort: number;
  readonly #sockets = new Set<Socket>();

  static async open(t: Pick<TestContext, 'after'>, targetPort: number, ends: readonly End[] = ENDS): Promise<Tap> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await untilEvent(server, 'listening', { what: 'the tap to listen' });
    const tap = new Tap((server.address() as AddressInfo).port, targetPort, ends);
    server.on('connection', (socket) => tap.#onConnection(socket));
    t.after(() => {
      server.close();
      for (const socket of tap.#sockets) socket.destroy();
    });
    return tap;
  }

  private constructor(port: number, targetPort: number, ends: readonly End[]) {
    this.ends = ends;
    this.port = port;
    this.#targetPort = targetPort;
  }

  /** Resolves when a packet whose head contains the text has passed in this step, `count` times. */
  async passed(head: string, count = 1): Promise<void> {
    const isMeant = ({ step, bytes }: TappedFrame) => step === this.step && bytes.includes(head, HEADER_BYTES);
    await until(() => this.frames.filter(isMeant).length >= count, { what: `a packet with ${head} in ${this.step}` });
  }

  #onConnection(caller: Socket): void {
    const callee = connect(this.#targetPort, '127.0.0.1');
    this.#pass(caller, callee, 'caller');
    this.#pass(callee, caller, 'callee');
  }

  #pass(source: Socket, target: Socket, from: End): void {
    let held = Buffer.alloc(0);
    this.#sockets.add(source);
    source.on('data', (chunk: Buffer) => {
      held = Buffer.concat([held, chunk]);
      while (held.length >= HEADER_BYTES) {
        const bytes = HEADER_BYTES + held.readInt32BE(16) + held.readInt32BE(20);
        if (held.length < bytes) break;
        this.frames.push({ step: this.step, from, bytes: held.subarray(0, bytes) });
        held = held.subarray(bytes);
      }
      target.write(chunk);
    });
    source.on('end', () => target.end());
    source.on('error', () => target.destroy());
    source.on('close', () => {
      this.#sockets.delete(source);
      target.destroy();
    });
  }
}

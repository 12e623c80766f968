import { Framer } from '../../../lib/protocol/framer.js';
import type { FrameView } from '../../../lib/protocol/packet.js';
import type { RawBytes } from '../raw-bytes.js';

export interface IntakeHandler {
  onFrame(frame: FrameView): void;
  /** Called with the error of bytes that are not a packet, or with what {@link IntakeHandler.onFrame} threw. */
  onError(error: unknown): void;
}

/** Reading side of a connection. A page answers heartbeats only, so that it handles all that arrives at once. */
export class FrameIntake {
  readonly #framer: Framer;
  readonly #onError: (error: unknown) => void;

  constructor(
    _stream: unknown,
    _owner: unknown,
    { maxFrameBytes }: { readonly maxFrameBytes: number },
    handler: IntakeHandler,
  ) {
    this.#framer = new Framer(maxFrameBytes, (frame) => handler.onFrame(frame));
    this.#onError = (error) => handler.onError(error);
  }

  get isMidFrame(): boolean {
    return this.#framer.isMidFrame;
  }

  receive(chunk: RawBytes): void {
    try {
      this.#framer.push(chunk);
    } catch (error) {
      this.#onError(error);
    }
  }

  stop(): void {
    this.#framer.stop();
  }

  // Nothing is ever held back.
  acceptFrames(): void {}
  streamHolds(_bytes: number): void {}
  holdBack(_isHeld: boolean): void {}
  block(): void {}
  unblock(): void {}
}

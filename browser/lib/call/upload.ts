import type { OutgoingUpload, StreamedRequest, UploadPort } from '../../../lib/call/outgoing-stream.js';
import { messageOf, RpcCode, RpcError } from '../../../lib/errors.js';
import type { FrameView } from '../../../lib/protocol/packet.js';
import { readCredit } from '../../../lib/stream/stream-body.js';
import type { RoomWaiter } from '../../../lib/stream/stream-total.js';
import { openSource } from '../stream/stream-source.js';

/** The items that a page sends beside the arguments of one call. The source is asked when the call was sent, and not before. */
export class Upload implements OutgoingUpload, RoomWaiter {
  hasBegun = false;
  readonly #given: unknown;
  #source: ReturnType<typeof openSource> | undefined;
  #call: StreamedRequest | undefined;
  #port: UploadPort | undefined;
  #isOver = false;
  #sentItems = 0;
  #sentBytes = 0;
  #takenItems = 0;
  #takenBytes = 0;
  #goOn = (): void => {};

  constructor(given: unknown) {
    this.#given = given;
  }

  /** The call whose items these are. */
  set call(call: StreamedRequest) {
    this.#call = call;
  }

  open(port: UploadPort): void {
    if (this.#isOver) return;
    this.hasBegun = true;
    this.#port = port;
    this.#send(port).catch((error: unknown) => {
      if (!this.#isOver) this.#fail(RpcCode.Upload, `the source of its stream failed: ${messageOf(error)}`, error);
    });
  }

  credit({ bytes, bodyStart, end }: FrameView): void {
    const credit = readCredit(bytes, bodyStart, end);
    if (
      credit === undefined ||
      credit.items < this.#takenItems ||
      credit.items > this.#sentItems ||
      credit.bytes < this.#takenBytes ||
      credit.bytes > this.#sentBytes
    )
      return this.#fail(RpcCode.Protocol, 'the server broke the rules: a credit that makes no sense');
    this.#take(credit.items, credit.bytes);
  }

  onRoom(): void {
    this.#goOn();
  }

  stop(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#take(this.#sentItems, this.#sentBytes);
    Promise.resolve(this.#source?.return?.()).catch(() => {}); // the call has the reason of the end
  }

  async #send(port: UploadPort): Promise<void> {
    const source = openSource(this.#given);
    this.#source = source;
    for (;;) {
      while (!this.#isOver && !this.#hasCredit(port)) {
        await new Promise<void>((goOn) => {
          this.#goOn = goOn;
          port.total.wait(this);
        });
      }
      if (this.#isOver) return;
      const { done, value } = await source.next();
      await new Promise<number>((takeTurn) =>
        port.turns.add({
          takeTurn: () => {
            takeTurn(0);
            return 0;
          },
        }),
      );
      if (this.#isOver) return;
      if (done === true) return port.end();
      this.#write(port, value);
    }
  }

  #write(port: UploadPort, item: unknown): void {
    try {
      const bytes = port.write(this.#sentItems, item);
      this.#sentItems += 1;
      this.#sentBytes += bytes;
      port.total.add(bytes);
    } catch (error) {
      const code = error instanceof RpcError ? error.code : RpcCode.Encode;
      this.#fail(code, `an item of its stream cannot be sent: ${messageOf(error)}`, error);
    }
  }

  #take(items: number, bytes: number): void {
    const taken = bytes - this.#takenBytes;
    this.#takenItems = items;
    this.#takenBytes = bytes;
    this.#port?.total.release(taken);
    this.#goOn();
  }

  #fail(code: RpcCode, why: string, cause?: unknown): void {
    const call = this.#call as StreamedRequest;
    call.abandon(call.error(code, why, call.delivery, cause));
  }

  #hasCredit({ window, total }: UploadPort): boolean {
    const items = this.#sentItems - this.#takenItems;
    if (items >= window.items || this.#sentBytes - this.#takenBytes >= window.bytes) return false;
    return items === 0 || !total.isFull;
  }
}

import type { TestContext } from 'node:test';
import { WebSocket } from 'ws';
import { type Packet, packetsOf, request } from '../lib/transport/support.js';
import { until } from '../support/until.js';
import { EXT, unstock } from './raw-peers.js';

/** A web page that connects as a browser does: with its origin, and with bytes of its own choice. */
export class WebPage {
  readonly #socket: WebSocket;
  #received = Buffer.alloc(0);
  #lastId = 1;
  #registration: Packet | undefined;
  isClosed = false;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (bytes: Buffer) => {
      this.#received = Buffer.concat([this.#received, bytes]);
    });
    socket.on('close', () => {
      this.isClosed = true;
    });
    socket.on('error', () => {});
  }

  /** Connects, and registers on a channel. */
  static async open(
    t: Pick<TestContext, 'after'>,
    url: string,
    origin: string,
    channelName = 'test-1',
  ): Promise<WebPage> {
    const socket = new WebSocket(url, { origin });
    t.after(() => socket.terminate());
    const page = new WebPage(socket);
    await until(() => socket.readyState === WebSocket.OPEN || page.isClosed, { what: 'the page to connect' });
    page.#registration = await page.#ask({ type: 'register_channel', channelName, ext: EXT });
    return page;
  }

  /** The server's answer to the registration. */
  get registered(): Record<string, unknown> {
    return unstock(this.#registration?.body ?? Buffer.alloc(0));
  }

  /** Calls a method without arguments. Resolves with `ok`, or with the code and the message of the failure. */
  async call(method: string): Promise<string> {
    const { head, body } = await this.#ask({ type: 'invoke', method, argLength: 0 });
    return head.success === true ? 'ok' : `${String(head.code)}: ${String(JSON.parse(String(body)).message)}`;
  }

  async #ask(head: object): Promise<Packet> {
    this.#lastId += 1;
    const id = this.#lastId;
    this.#socket.send(request(id, head));
    return until(
      () => {
        if (this.isClosed) throw new Error('the page was disconnected');
        return packetsOf(this.#received).find((packet) => packet.id === id);
      },
      { what: `the answer to ${JSON.stringify(head)}` },
    );
  }
}

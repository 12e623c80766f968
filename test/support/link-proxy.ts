import { once } from 'node:events';
import * as net from 'node:net';
import type { TestContext } from 'node:test';

/**
 * - `open`: bytes go through.
 * - `cut`: connections are reset, and none is accepted.
 * - `swallow`: bytes are read and dropped, in both directions; connections are accepted.
 * - `swallow-answers`: the bytes of the server are dropped.
 */
export type LinkMode = 'open' | 'cut' | 'swallow' | 'swallow-answers';

/** A proxy between one client and a server, which loses bytes or connections. Bytes that were dropped never come. */
export class LinkProxy {
  readonly #server: net.Server;
  readonly #sockets = new Set<net.Socket>();
  readonly #port: number;
  #mode: LinkMode = 'open';
  /** Connections that were accepted so far. */
  accepted = 0;

  private constructor(server: net.Server, target: net.TcpNetConnectOpts) {
    this.#server = server;
    this.#port = (server.address() as net.AddressInfo).port;
    server.on('connection', (client) => this.#connect(client, target));
  }

  /** Begins to listen at loopback, for a server at this port. `host`: address of the server. */
  static async start(t: Pick<TestContext, 'after'>, port: number, host = '127.0.0.1'): Promise<LinkProxy> {
    const server = net.createServer({ noDelay: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const proxy = new LinkProxy(server, { host, port, noDelay: true });
    t.after(() => proxy.#stop());
    return proxy;
  }

  get port(): number {
    return this.#port;
  }

  /** Connections that are open now. */
  get connections(): number {
    return this.#sockets.size / 2;
  }

  set(mode: LinkMode): void {
    const before = this.#mode;
    this.#mode = mode;
    if (mode === 'cut') this.reset();
    // A stream that has lost bytes makes no sense after that.
    else if (mode === 'open' && before !== 'cut') this.reset();
  }

  /** Resets the connections of now. */
  reset(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  #connect(client: net.Socket, target: net.TcpNetConnectOpts): void {
    if (this.#mode === 'cut') {
      client.resetAndDestroy();
      return;
    }
    this.accepted += 1;
    const server = net.connect(target);
    const both = [client, server];
    for (const socket of both) {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        this.#sockets.delete(socket);
        for (const each of both) each.destroy();
      });
    }
    client.on('data', (bytes) => {
      if (this.#mode !== 'swallow') server.write(bytes);
    });
    server.on('data', (bytes) => {
      if (this.#mode === 'open') client.write(bytes);
    });
  }

  async #stop(): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server, 'close');
  }
}

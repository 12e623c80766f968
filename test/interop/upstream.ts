import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { until, untilEvent } from '../support/until.js';
import type { FromUpstream, Registration, ToUpstream } from './fixtures/data-client.js';
import { pack, unpack } from './fixtures/values.js';
import type { Scope } from './peer.js';

/** One real client, as the upstream sees it. */
interface Connection {
  readonly socket: Socket;
  /** Of the process that leads. */
  pid: number;
  /** dataId, once for each time that it was subscribed to. */
  readonly subscriptions: string[];
}

/** The server that the real clients connect to, in the test's own process. It says how many of them there are. */
export class Upstream {
  readonly port: number;
  /** Real clients that have ever connected. */
  total = 0;
  readonly published: Required<Registration>[] = [];
  readonly told: unknown[] = [];
  readonly unsubscribed: string[] = [];
  /** The most real clients that were connected at one time. */
  mostAtOnce = 0;
  readonly #connections = new Set<Connection>();

  static async start(t: Scope): Promise<Upstream> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await untilEvent(server, 'listening', { what: 'the upstream to listen' });
    const upstream = new Upstream((server.address() as AddressInfo).port);
    server.on('connection', (socket) => upstream.#onConnection(socket));
    t.after(() => {
      server.close();
      for (const { socket } of upstream.#connections) socket.destroy();
    });
    return upstream;
  }

  private constructor(port: number) {
    this.port = port;
  }

  /** The processes that have a real client now. */
  get pids(): number[] {
    return [...this.#connections].map(({ pid }) => pid);
  }

  /** How often the real clients of now have subscribed to it. */
  subscriptions(dataId: string): number {
    return [...this.#connections].flatMap(({ subscriptions }) => subscriptions).filter((id) => id === dataId).length;
  }

  async untilSubscribed(dataId: string, times = 1): Promise<void> {
    await until(() => this.subscriptions(dataId) >= times, { what: `a subscription to ${dataId}`, timeoutMs: 20_000 });
  }

  async untilUnsubscribed(dataId: string): Promise<void> {
    await until(() => this.unsubscribed.includes(dataId), { what: `the end of ${dataId}`, timeoutMs: 20_000 });
  }

  async untilPublished(dataId: string, value: string): Promise<void> {
    await until(() => this.published.some((each) => each.dataId === dataId && each.value === value), {
      what: `${value} to be published to ${dataId}`,
      timeoutMs: 20_000,
    });
  }

  async untilTold(count: number): Promise<void> {
    await until(() => this.told.length >= count, { what: `${count} one-way calls`, timeoutMs: 20_000 });
  }

  /** To every real client that has subscribed to it. */
  emit(dataId: string, value: unknown): void {
    for (const connection of this.#connections)
      if (connection.subscriptions.includes(dataId))
        this.#send(connection.socket, { type: 'data', dataId, value: pack(value) });
  }

  /** Lets what waits in `hold()` go on. */
  release(): void {
    for (const { socket } of this.#connections) this.#send(socket, { type: 'release' });
  }

  notice(text: string): void {
    for (const { socket } of this.#connections) this.#send(socket, { type: 'notice', text });
  }

  #send(socket: Socket, message: FromUpstream): void {
    socket.write(`${JSON.stringify(message)}\n`);
  }

  #onConnection(socket: Socket): void {
    const connection: Connection = { socket, pid: 0, subscriptions: [] };
    this.total += 1;
    this.#connections.add(connection);
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#connections.size);
    socket.on('error', () => {}); // its process was killed
    socket.on('close', () => this.#connections.delete(connection));
    createInterface({ input: socket })
      .on('line', (line) => this.#onMessage(connection, JSON.parse(line)))
      .on('error', () => {});
  }

  #onMessage(connection: Connection, message: ToUpstream): void {
    switch (message.type) {
      case 'hello':
        connection.pid = message.pid;
        this.#send(connection.socket, { type: 'welcome' });
        break;
      case 'subscribe':
        connection.subscriptions.push(message.dataId);
        break;
      case 'unSubscribe':
        this.unsubscribed.push(message.dataId);
        break;
      case 'publish':
        this.published.push({ dataId: message.dataId, value: message.value });
        break;
      case 'tell':
        this.told.push(unpack(message.value));
        break;
    }
  }
}

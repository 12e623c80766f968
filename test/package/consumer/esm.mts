import { APIClientBase, cluster, createClient, createServer, RpcCode, RpcError } from 'mailstation';

interface Remotes {
  user: { math: { sums: { add(a: number, b: number): number } } };
}

const server = createServer({ id: 'math-1', serverType: 'math', port: 0, paths: [] });
const port: number | undefined = server.port;

const client = createClient<Remotes>();
const sum: Promise<number> = client.proxies.user.math.sums.add(null, 1, 2);
// @ts-expect-error a wrong argument is a compile error
client.proxies.user.math.sums.add(null, 1, 'two');

const timedOut = (error: unknown): boolean => error instanceof RpcError && error.code === RpcCode.Timeout;

class Counter {
  #count: number;
  constructor(from: number) {
    this.#count = from;
  }
  async next(): Promise<number> {
    this.#count += 1;
    return this.#count;
  }
}
export const shared = () => cluster(Counter, { name: 'counter' }).create(1);
export const counted = async (): Promise<number> => shared().next();
// @ts-expect-error a wrong argument of its constructor
export const wrong = () => cluster(Counter).create('one');

export class Api extends APIClientBase {
  override get DataClient() {
    return Counter;
  }
}

export const all = { port, sum, timedOut };

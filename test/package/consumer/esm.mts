import { createClient, createServer, RpcCode, RpcError } from 'mailstation';

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

export const all = { port, sum, timedOut };

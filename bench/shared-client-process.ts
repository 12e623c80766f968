/**
 * One of the processes of shared-client.ts: `shared-client-process.ts <library> <port> <upstream's port>`. It answers
 * `{ gone }` with `{ served }`, when another process than that serves it, and tells every value that it is pushed.
 */
import { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { cluster as ours } from 'mailstation';

/** What the upstream pushes: the number of the connection, and of the value on it. */
export interface Tick {
  readonly connection: number;
  readonly value: number;
}

type Listener = (tick: Tick) => void;

class TickClient extends EventEmitter {
  readonly #socket;

  constructor({ upstreamPort }: { upstreamPort: number }) {
    super();
    this.#socket = connect(upstreamPort, '127.0.0.1');
    this.#socket.on('error', (error) => this.emit('error', error));
  }

  subscribe(_reg: object, listener: Listener): void {
    createInterface({ input: this.#socket }).on('line', (line) => listener(JSON.parse(line)));
    this.#socket.write('subscribe\n');
  }

  publish(reg: { by: number }): void {
    this.#socket.write(`${reg.by}\n`);
  }

  async servedBy(): Promise<number> {
    return process.pid;
  }
}

const [library = '', port = '', upstreamPort = ''] = process.argv.slice(2);
const cluster: typeof ours =
  library === 'mailstation' ? ours : (createRequire(import.meta.url)('cluster-client') as typeof ours);
const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const client = cluster(TickClient, { port: Number(port), logger: quiet }).create({
  upstreamPort: Number(upstreamPort),
});
client.on('error', () => {}); // calls that are lost with a Leader are made again

process.on('message', async ({ gone }: { gone: number }) => {
  let pid = gone;
  while (pid === gone) pid = await client.servedBy().catch(() => sleep(1, gone));
  process.send?.({ served: pid });
});
process.on('disconnect', () => process.exit());

await client.ready();
client.subscribe({ dataId: 'ticks' }, (tick: Tick) => process.send?.({ tick }));
client.publish({ by: process.pid });
process.send?.({ ready: true });

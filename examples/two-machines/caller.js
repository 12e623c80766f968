// The client of a host: calls without pause while it is told to, and counts what becomes of each call.
import { createClient } from 'mailstation';
import { etcd } from 'mailstation/etcd';

const [url, ttl] = process.argv.slice(2);
const logger = { info() {}, warn() {}, error() {} };

const client = createClient({
  registry: etcd({ hosts: url, namespace: 'two-machines', ttl: Number(ttl) }),
  failMode: 'failover', // a call that cannot reach its server, or loses it, goes to another one
  keepalive: 500, // a server that is cut off is given up within a second
  timeout: 10_000,
  logger,
});
client.addProxy({ namespace: 'user', serverType: 'shop' });
await client.start();
// Reading a price twice does no harm, so that a call may be repeated even where it may have run.
const priceOf = client.proxies.user.shop.prices.priceOf.with({ idempotent: true });

let tally;
let isCalling = false;
let callers = Promise.resolve();

async function keepCalling() {
  while (isCalling) {
    tally.made += 1;
    const startedAt = performance.now();
    try {
      const { by } = await priceOf({ uid: String(tally.made) }, 'book');
      tally.answered += 1;
      tally.by[by] = (tally.by[by] ?? 0) + 1;
    } catch ({ code }) {
      tally.failed += 1;
      tally.codes[code] = (tally.codes[code] ?? 0) + 1;
    }
    tally.slowest = Math.max(tally.slowest, Math.round(performance.now() - startedAt));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const does = {
  call() {
    if (isCalling) return;
    isCalling = true;
    tally = { type: 'tally', made: 0, answered: 0, failed: 0, codes: {}, by: {}, slowest: 0 };
    callers = Promise.all([1, 2, 3, 4].map(keepCalling));
  },
  /** Each call that was made is waited for: none is lost from the count. */
  async tally() {
    isCalling = false;
    await callers;
    process.send(tally);
  },
  seen() {
    const [{ servers, lost }] = client.roster;
    const known = servers.filter((id) => !lost.includes(id));
    process.send({ type: 'seen', known, answered: Object.keys(tally?.by ?? {}) });
  },
  async stop() {
    await client.stop();
    process.exit();
  },
};

process.on('message', (what) => void does[what]());
process.on('disconnect', () => process.exit());
process.send({ type: 'ready' });

// One of the n workers. With SHARE in its environment it shares its mailboxes with the others on that port.
import { createClient } from 'mailstation';

const { SERVERS, SHARE } = process.env;
const client = createClient(SHARE === undefined ? {} : { share: { port: Number(SHARE) } });
client.addProxies([{ namespace: 'user', serverType: 'shop' }]);
client.addServers(JSON.parse(SERVERS));
client.on('share', (state) => process.send({ share: state }));
await client.start();

const { priceOf } = client.proxies.user.shop.prices;
// Once to each server, so that all connections are there.
await priceOf.toServer('*', 'book');
process.send({ connected: true });

const tally = { made: 0, answered: 0, lost: 0 };
let isOver = false;
async function keepCalling() {
  while (!isOver) {
    tally.made += 1;
    try {
      await priceOf({ uid: String(tally.made) }, 'book');
      tally.answered += 1;
    } catch {
      tally.lost += 1; // error.code is ERR_RPC_CONNECTION_LOST: it was in flight when the worker that led was killed
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
const callers = Promise.all([1, 2, 3, 4].map(keepCalling));

process.on('message', async () => {
  isOver = true;
  await callers;
  await client.stop();
  process.send({ tally });
  process.disconnect();
});

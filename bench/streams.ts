/**
 * Compares streams: `npm run bench:streams -- [options]`. Small items and items of 64 KiB, one stream and 64 at once, with server
 * streaming of other packages in the same run. The packages are those of bench/package.json, which are installed at the first run.
 *
 *   --peers a,b        mailstation, grpc, connect, capnweb, moleculer (all)
 *   --against path     another build too, a tarball or the folder of a package, and this build once more
 *   --items a,b        small, 64k                        (small,64k)
 *   --streams 1,64     streams at once                   (1,64)
 *   --rounds n         rounds of each                    (10)
 *   --scale n          times the items of a round        (1)
 *   --no-pin           let the scheduler place the processes
 *   --json             the result as JSON
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildAt } from './build.js';
import { findCorePair } from './cores.js';
import { describeEnvironment } from './environment.js';
import { peerUrl } from './host-process.js';
import { linkPeers } from './peers-folder.js';
import { formatEnvironment } from './report.js';
import type { StreamLoad } from './streams/host-protocol.js';
import type { ItemKind } from './streams/items.js';
import { BUILDS, formatLoad } from './streams/report.js';
import { runLoad } from './streams/rounds.js';

/** Items of a round, over all its streams: a few tenths of a second. */
const ITEMS_A_ROUND: Readonly<Record<ItemKind, number>> = { small: 19_200, '64k': 1_280 };
const WARM_UPS = 3;

const { values } = parseArgs({
  options: {
    peers: { type: 'string', default: 'mailstation,grpc,connect,capnweb,moleculer' },
    against: { type: 'string' },
    items: { type: 'string', default: 'small,64k' },
    streams: { type: 'string', default: '1,64' },
    rounds: { type: 'string', default: '10' },
    scale: { type: 'string', default: '1' },
    'no-pin': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const cores = values['no-pin'] ? undefined : findCorePair();
const settings = { rounds: Number(values.rounds), warmUps: WARM_UPS, cores };
const loads = values.items.split(',').flatMap((kind) =>
  values.streams.split(',').map((text): StreamLoad => {
    const streams = Number(text);
    const items = Math.ceil((ITEMS_A_ROUND[kind as ItemKind] * Number(values.scale)) / streams);
    return { kind: kind as ItemKind, streams, items };
  }),
);
const PEERS = new URL('./streams/peers/', import.meta.url);
const peers = values.peers.split(',').map((name) => ({ name, url: peerUrl(name, PEERS) }));
if (values.against !== undefined) {
  const build = encodeURIComponent(buildAt(values.against));
  const url = peerUrl('mailstation', PEERS);
  // Modules of different queries are different: both builds of this package are loaded in the same way.
  peers.push({ name: BUILDS.other, url: `${url}?build=${build}` }, { name: BUILDS.again, url: `${url}?again` });
}
const print = (text: string): void => {
  if (!values.json) process.stdout.write(`${text}\n\n`);
};

linkPeers(fileURLToPath(new URL('.', import.meta.url)), (line) => process.stderr.write(`${line}\n`));
const environment = describeEnvironment();
print(formatEnvironment(environment));
print(
  `${settings.rounds} rounds of each peer, in turn; each item checked; cpu us: CPU time of both processes for an item`,
);

const results = [];
for (const load of loads) {
  const result = await runLoad(load, peers, settings);
  results.push({ load, result });
  print(formatLoad(load, result));
}
if (values.json) process.stdout.write(`${JSON.stringify({ environment, settings, results }, null, 2)}\n`);
if (results.some(({ result }) => result.some((peer) => 'error' in peer))) process.exitCode = 1;

/** The process whose idle cost bench/etcd.ts measures. Arguments: the URL of etcd, and for how long. Unit: ms */
import { setTimeout as delay } from 'node:timers/promises';
import { EtcdEngine } from '../lib/registry/etcd/etcd-engine.js';
import { checkEtcdOptions } from '../lib/registry/etcd/etcd-options.js';

const SETTLE_MS = 3_000;
const [url = '', ms = ''] = process.argv.slice(2);
const engine = new EtcdEngine(checkEtcdOptions({ hosts: url, namespace: 'idle' }));
while ((await engine.list('').catch(() => undefined)) === undefined);
await engine.lease(10_000);
engine.watch('', await engine.list(''), () => {});
await delay(SETTLE_MS);
const before = process.cpuUsage();
await delay(Number(ms));
const { user, system } = process.cpuUsage(before);
process.send?.({ cpuMs: (user + system) / 1_000, rssMb: process.memoryUsage.rss() / 2 ** 20 });

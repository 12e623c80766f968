/**
 * One candidate of an election on etcd, which writes a line each 5 ms in which it says that it leads: the time and the term. Its time of day
 * jumps by two hours each second, which must change nothing. Arguments: the ports of etcd, the file, the time of the lease, and `control`
 * for a candidate that goes on to lead for four times that time. A message is the time for which the process stalls, unit: ms.
 */
import { openSync, writeSync } from 'node:fs';
import { EngineCandidate } from '../../../../lib/registry/engine-candidate.js';
import { EtcdEngine } from '../../../../lib/registry/etcd/etcd-engine.js';
import { checkEtcdOptions } from '../../../../lib/registry/etcd/etcd-options.js';
import { SharedEngine } from '../../../../lib/registry/shared-engine.js';
import { now } from './history.js';

const [ports = '', file = '', ttl = '', control] = process.argv.slice(2);
const SAMPLE_MS = 5;
const HOUR_MS = 3_600_000;

const timeOfDay = Date.now;
Date.now = () => timeOfDay() + (Math.floor(now() / 1_000) % 2 === 0 ? HOUR_MS : -HOUR_MS);

const log = openSync(file, 'a');
const hosts = ports.split(',').map((port) => `http://127.0.0.1:${port}`);
const options = checkEtcdOptions({ hosts, namespace: 'election-faults' });
let deposedAt = Number.NEGATIVE_INFINITY;
let revision = 0;
// Without the registry, whose elections have leases of 3 s and more.
const candidate = new EngineCandidate(
  {
    onElected: (term) => {
      revision = term.revision;
    },
    onDeposed: () => {
      deposedAt = now();
    },
    onObstacle: () => {},
  },
  {
    engine: new SharedEngine(() => new EtcdEngine(options)),
    ...{ prefix: 'elections/area-1/', value: '{}', ttl: Number(ttl), description: 'the election of the test' },
  },
);

let said = false;
setInterval(() => {
  const leads = candidate.isLeader() || (control === 'control' && now() - deposedAt < 4 * Number(ttl));
  if (leads || said) writeSync(log, `${now()} ${leads ? (candidate.term?.revision ?? revision) : '-'}\n`);
  said = leads;
}, SAMPLE_MS);

process.on('message', (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(ms)));
candidate.campaign();
process.send?.({ type: 'ready' });

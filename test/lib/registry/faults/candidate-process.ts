/**
 * One candidate of an election on etcd, which writes a line each 5 ms in which it says that it leads: the time and the term. Arguments: the port
 * of etcd, the file, the time of the lease, and `control` for a candidate that goes on to lead for four times that time.
 */
import { openSync, writeSync } from 'node:fs';
import { etcd } from '../../../../etcd.js';
import { now } from './history.js';

const [port = '', file = '', ttl = '', control] = process.argv.slice(2);
const SAMPLE_MS = 5;

const log = openSync(file, 'a');
const registry = etcd({ hosts: `http://127.0.0.1:${port}`, namespace: 'election-faults' });
let deposedAt = Number.NEGATIVE_INFINITY;
let revision = 0;
const candidate = registry.election('area-1', { ttl: Number(ttl) }).candidate({
  onElected: (term) => {
    revision = term.revision;
  },
  onDeposed: () => {
    deposedAt = now();
  },
  onObstacle: () => {},
});

let said = false;
setInterval(() => {
  const leads = candidate.isLeader() || (control === 'control' && now() - deposedAt < 4 * Number(ttl));
  if (leads || said) writeSync(log, `${now()} ${leads ? (candidate.term?.revision ?? revision) : '-'}\n`);
  said = leads;
}, SAMPLE_MS);

candidate.campaign();
process.send?.({ type: 'ready' });

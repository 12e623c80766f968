/**
 * What a change of the server list costs: `node --import tsx bench/roster.ts`.
 *
 * `replaceServers` of 10,000 servers of four types, on a client that is not connected to any of them: the whole way,
 * checks and events included. Unit: ms a call, the median.
 */

import { createClient, type ServerInfo } from '../index.js';
import { describeEnvironment } from './environment.js';
import { formatEnvironment } from './report.js';

const COUNT = 10_000;
const ROUNDS = 31;

function servers(generation: (index: number) => number): ServerInfo[] {
  return Array.from({ length: COUNT }, (_, index) => ({
    id: `server-${index}-${generation(index)}`,
    serverType: `type-${index % 4}`,
    host: '127.0.0.1',
    port: 1 + (index % 60_000),
  }));
}

function measure(name: string, next: (round: number) => ServerInfo[]): void {
  const client = createClient();
  client.replaceServers(next(0));
  const samples = Array.from({ length: ROUNDS }, (_, round) => {
    const list = next(round + 1);
    const startedAt = performance.now();
    client.replaceServers(list);
    // Whoever routes looks at the lists next.
    for (let type = 0; type < 4; type++) client.getServersByType(`type-${type}`);
    return performance.now() - startedAt;
  });
  const median = samples.sort((a, b) => a - b)[ROUNDS >> 1] as number;
  console.log(`${name.padEnd(28)} ${median.toFixed(2).padStart(8)} ms`);
}

console.log(`${formatEnvironment(describeEnvironment())}\n\nreplaceServers, ${COUNT} servers`);
measure('nothing changed', () => servers(() => 0));
measure('100 replaced by others', (round) => servers((index) => (index < 100 ? round : 0)));
measure('all replaced by others', (round) => servers(() => round));

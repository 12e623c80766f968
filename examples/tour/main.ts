/** `npm run tour`: four servers in processes of their own, one client, and everything that may become of a call. */
import { createClient } from 'mailstation';
import type { Context } from './context.js';
import type { Demo } from './demo.js';
import type { Remotes } from './remotes.js';
import { ms, Report } from './report.js';
import { Servers } from './servers.js';
import { broadcast } from './steps/broadcast.js';
import { call } from './steps/call.js';
import { failures } from './steps/failures.js';
import { filters } from './steps/filters.js';
import { restart } from './steps/restart.js';
import { routing } from './steps/routing.js';
import { Tally } from './tally.js';
import { within } from './within.js';

/** Five seconds or so are enough on an idle machine; on a very busy one processes take long to start. */
const LIMIT_MS = 150_000;

const report = new Report(process.stdout);
const tally = new Tally();
const servers = new Servers();

async function run(): Promise<void> {
  report.title('mailstation: calls between processes');

  report.section('Four servers');
  const roster = await Promise.all([
    servers.start('test-1', 'test'),
    servers.start('test-2', 'test'),
    servers.start('chat-1', 'chat'),
    servers.start('chat-2', 'chat'),
  ]);
  for (const { id, pid, host, port } of roster) report.line(id, `${host}:${port}, process ${pid}`);

  const context: Context = { serverId: 'client' };
  const client = createClient<Remotes>({ context });
  client.addProxies([
    // From the modules themselves, which are loaded to learn their methods ...
    { namespace: 'user', serverType: 'test', path: new URL('./remote/test', import.meta.url) },
    // ... or without them: then proxies are made on demand, and the client needs none of the server's code.
    { namespace: 'user', serverType: 'chat' },
  ]);
  client.addServers(roster);
  await client.start();

  const demo: Demo = { client, proxies: client.proxies, servers, roster, tally, report };
  for (const step of [call, routing, filters, broadcast, failures, restart]) await step(demo);

  await client.stop();
  await servers.stopAll();
}

function summary(): void {
  report.section('Summary');
  report.line('calls', `${tally.made} made, ${tally.settled} settled, ${tally.ok} of them with a result`);
  let label = 'failed';
  for (const [how, count] of tally.failed) {
    report.line(label, `${String(count).padStart(3)}  ${how}`);
    label = '';
  }
  const [p50, p99, max] = [0.5, 0.99, 1].map((q) => ms(tally.quantile(q)));
  report.line('latency', `p50 ${p50}, p99 ${p99}, max ${max}`);
  report.expect(tally.settled === tally.made, `${tally.made - tally.settled} calls never settled`);
  report.expect(tally.again === 0, `${tally.again} calls settled more than once`);
}

try {
  await within(run(), LIMIT_MS, 'the demo to end');
} catch (error) {
  report.broken(error instanceof Error ? (error.stack ?? error.message) : String(error));
}
servers.killAll();
summary();
const exitCode = report.conclude();
if (exitCode !== 0) process.exit(exitCode);

// With everything stopped this process ends by itself. If it does not, something was left open.
setTimeout(() => {
  console.error(`all is stopped, and still open: ${process.getActiveResourcesInfo().join(', ')}`);
  process.exit(1);
}, 1_000).unref();

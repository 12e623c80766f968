import { type Fleet, FleetPoller, inParallel, type ServerSample } from '../../observe/fleet/index.js';
import type { ExitCode } from '../exit-code.js';
import { type FleetFlags, fleetOf, withFleetOptions } from '../fleet-options.js';
import { clientLines } from '../inspect/client-lines.js';
import { type Details, detailsOf } from '../inspect/details.js';
import { serverLines } from '../inspect/server-lines.js';
import { exitCodeFor } from '../servers.js';
import { paintFor } from '../terminal/paint.js';
import type { Running, Verb } from '../verb.js';

interface InspectFlags extends FleetFlags {
  readonly client?: boolean;
  readonly share?: string;
}

/** `mailstation inspect`: what servers do, or a client that reaches them. */
export const inspect: Verb = {
  name: 'inspect',
  summary: 'show what servers do: health, load, callers, methods',
  examples: [
    ['inspect 127.0.0.1:3333', 'One server, with its callers, methods and last failures:'],
    ['inspect --etcd http://etcd:2379 -n my-app', 'All servers of an application:'],
    ['inspect 3333 --json', 'The same as JSON, with latencies as histograms:'],
    ['inspect --client 3333 3334', 'A client that reaches these servers, with its connections:'],
    ['inspect --share /run/my-app/share.sock 3333', 'A client that uses the shared mailboxes of this machine:'],
  ],
  declare(command) {
    withFleetOptions(
      command
        .argument('[addresses...]', 'addresses of servers; none with --etcd')
        .option('--client', 'show the client of this command in the place of the servers')
        .option('--share <place>', 'the same, through the shared mailboxes at a port or a path of this machine'),
    );
    return (running, [addresses], flags: InspectFlags) => show(running, addresses as string[], flags);
  },
};

async function show(
  running: Running,
  addresses: readonly string[],
  flags: InspectFlags,
): Promise<ExitCode | undefined> {
  const share = flags.share === undefined ? {} : { share: placeOf(flags.share) };
  const fleet = await fleetOf(addresses, flags, share);
  try {
    const { servers } = await new FleetPoller(fleet.client, { timeout: flags.timeout, places: fleet }).poll();
    if (flags.client === true || flags.share !== undefined) await showClient(running, fleet);
    else await showServers(running, fleet, servers);
    return exitCodeFor(servers);
  } finally {
    await fleet.stop();
  }
}

/** The command never relays the calls of others: it is gone in a moment. */
function placeOf(share: string): { readonly lead: false; readonly port?: string; readonly path?: string } {
  return { lead: false, ...(/^\d+$/.test(share) ? { port: share } : { path: share }) };
}

async function showClient({ io, out }: Running, { client }: Fleet): Promise<void> {
  const report = client.inspect();
  if (out.isJson) return out.json(report);
  await out.print(...clientLines(report, out.width, paintFor(io.stdout, io.env)));
}

async function showServers({ io, out }: Running, { client }: Fleet, servers: readonly ServerSample[]): Promise<void> {
  const nothing: Details = { callers: null, recent: null };
  const details = await inParallel(servers, 8, async ({ id, report }) =>
    report === null ? nothing : await detailsOf(client, id),
  );
  if (out.isJson) return out.json({ servers: servers.map((server, at) => ({ ...server, ...details[at] })) });
  const paint = paintFor(io.stdout, io.env);
  for (const [at, server] of servers.entries()) {
    if (at > 0) await out.print('');
    await out.print(...serverLines(server, details[at] ?? nothing, out.width, paint));
  }
}

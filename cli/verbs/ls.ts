import type { MethodDescription } from '../../index.js';
import { printable } from '../../lib/quoted.js';
import { FleetPoller, isOfServices, type ServerSample } from '../../observe/fleet/index.js';
import type { ExitCode } from '../exit-code.js';
import { type FleetFlags, fleetOf, withFleetOptions } from '../fleet-options.js';
import { type ListingColumn, listing, wrapped } from '../listing.js';
import type { Output } from '../output.js';
import { type DescribedServer, describeServers, exitCodeFor, healthWord, reasonsOf } from '../servers.js';
import { firstLineOf, signatureOf } from '../signature.js';
import { span, whole } from '../terminal/numbers.js';
import { paintFor } from '../terminal/paint.js';
import { cut } from '../terminal/text.js';
import type { Running, Verb } from '../verb.js';

interface LsFlags extends FleetFlags {
  readonly prefix?: string;
  readonly servers?: boolean;
}

/** `mailstation ls`: lists servers, and the methods that they have. */
export const ls: Verb = {
  name: 'ls',
  summary: 'list servers and their methods',
  examples: [
    ['ls 127.0.0.1:3333', 'The server at an address, and its methods:'],
    ['ls --etcd http://etcd:2379 -n my-app', 'All servers of an application:'],
    ['ls 3333 --prefix user.rooms.', 'Only the methods of a module:'],
    ['ls 3333 3334 --servers', 'Only the servers:'],
    ["ls 3333 --json | jq -r '.servers[].methods[].name'", 'The names of all methods, for a script:'],
  ],
  declare(command) {
    withFleetOptions(
      command
        .argument('[addresses...]', 'addresses of servers; none with --etcd')
        .option('--prefix <text>', 'only methods whose whole names begin so')
        .option('--servers', 'only the servers, without their methods'),
    );
    return (running, [addresses], flags: LsFlags) => list(running, addresses as string[], flags);
  },
};

async function list({ io, out }: Running, addresses: readonly string[], flags: LsFlags): Promise<ExitCode> {
  const fleet = await fleetOf(addresses, flags);
  try {
    const { servers } = await new FleetPoller(fleet.client, { timeout: flags.timeout, places: fleet }).poll();
    const described =
      flags.servers === true ? undefined : await describeServers(fleet.client, servers, flags.prefix ?? '');
    if (out.isJson) await out.json({ servers: servers.map((server, at) => entryOf(server, described?.[at])) });
    else {
      const paint = paintFor(io.stdout, io.env);
      await out.print(...listing(SERVERS, servers, out.width, paint), ...reasons(servers, out.width));
      for (const group of described === undefined ? [] : grouped(described)) await printMethods(out, group, paint);
    }
    return exitCodeFor(servers);
  } finally {
    await fleet.stop();
  }
}

const SERVERS: readonly ListingColumn<ServerSample>[] = [
  { head: 'server', cell: ({ id }) => printable(id) },
  { head: 'type', cell: ({ serverType }) => printable(serverType === '' ? '-' : serverType), rank: 1 },
  { head: 'health', cell: healthWord },
  { head: 'place', cell: ({ url }) => printable(url), rank: 2 },
  {
    head: 'calls',
    cell: ({ methods, report }) => (report?.counting ? whole(callsOf(methods)) : '-'),
    align: 'right',
    rank: 4,
  },
  { head: 'up', cell: ({ report }) => span(report?.server.uptime), align: 'right', rank: 3 },
  { head: 'version', cell: ({ report }) => printable(report?.server.version ?? '-'), rank: 5 },
];

/** Calls of the server's own methods. The questions of this command and of others are left out: a fresh server has 0. */
function callsOf(methods: ServerSample['methods']): number {
  return methods
    .filter(isOfServices)
    .reduce((sum, { total }) => sum + Object.values(total.outcomes).reduce((all, each) => all + each, 0), 0);
}

function reasons(servers: readonly ServerSample[], width: number | undefined): string[] {
  return servers.flatMap((server) =>
    reasonsOf(server).flatMap((why) => wrapped(`${printable(server.id)}: ${printable(why)}`, width)),
  );
}

/** Servers with the same methods. */
interface Group {
  readonly ids: readonly string[];
  readonly serverType: string;
  readonly methods: readonly MethodDescription[];
}

function grouped(described: readonly DescribedServer[]): readonly Group[] {
  const groups = new Map<string, Group & { readonly ids: string[] }>();
  for (const { server, methods } of described) {
    if (methods === null) continue;
    const key = JSON.stringify([server.serverType, methods]);
    const same = groups.get(key);
    if (same === undefined) groups.set(key, { ids: [server.id], serverType: server.serverType, methods });
    else same.ids.push(server.id);
  }
  return [...groups.values()];
}

async function printMethods(
  out: Output,
  { ids, serverType, methods }: Group,
  paint: ReturnType<typeof paintFor>,
): Promise<void> {
  const of = serverType === '' ? '' : ` (${printable(serverType)})`;
  const { width } = out;
  const title = wrapped(
    `methods of ${ids.map(printable).join(', ')}${of}${methods.length === 0 ? ': none' : ''}`,
    width,
  );
  const lines = ['', ...title.map((line) => paint(line, 'bold'))];
  let module = '';
  for (const method of methods) {
    const its = printable(`${method.namespace}.${method.module}.`);
    if (its !== module) lines.push(`  ${width === undefined ? its : cut(its, width - 2)}`);
    module = its;
    lines.push(...methodLines(method, width));
  }
  await out.print(...lines);
}

/** Column at which the doc comments begin, where the signature is shorter. */
const DOC_AT = 36;

function methodLines(method: MethodDescription, width: number | undefined): string[] {
  const signature = signatureOf(method);
  const doc = firstLineOf(method.doc);
  if (doc === '') return wrapped(signature, width, '    ');
  const beside = `${signature.padEnd(DOC_AT)}  ${doc}`;
  if (width === undefined || (signature.length <= DOC_AT && width > DOC_AT + 24))
    return [`    ${width === undefined ? beside : cut(beside, width - 4)}`];
  return [...wrapped(signature, width, '    '), ...wrapped(doc, width, '        ')];
}

function entryOf(server: ServerSample, described: DescribedServer | undefined): Record<string, unknown> {
  const { id, serverType, url, state, failure, health, report } = server;
  const entry = { id, serverType, url, state, failure: failure ?? described?.failure ?? null, health };
  const version = report?.server.version ?? null;
  return { ...entry, version, ...(described !== undefined && { methods: described.methods }) };
}

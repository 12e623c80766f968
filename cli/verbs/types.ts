import { writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { messageOf } from '../../lib/errors.js';
import { printable, quoted } from '../../lib/quoted.js';
import { FleetPoller } from '../../observe/fleet/index.js';
import { CommandError, type ExitCode, exitCodeOf, usage } from '../exit-code.js';
import { demandAll, type FleetFlags, fleetOf, withFleetOptions } from '../fleet-options.js';
import { type DescribedServer, describeServers } from '../servers.js';
import { isFolderOrFile, placeOf, remotesOfFolder } from '../types/folder.js';
import { addMethods, type RemotesTree, remotesFile } from '../types/remotes.js';
import type { Running, Verb } from '../verb.js';

interface TypesFlags extends FleetFlags {
  readonly out?: string;
  readonly as?: string;
  readonly type?: string;
}

/** `mailstation types`: writes the type `Remotes` of running servers, or of a folder of remote modules. */
export const types: Verb = {
  name: 'types',
  summary: 'write the types of servers, for a typed client',
  examples: [
    ['types 127.0.0.1:3333 --out remotes.ts', 'The type Remotes of a running server:'],
    ['types --etcd http://etcd:2379 -n my-app', 'Of all servers of an application:'],
    ['types remote/chat --out remotes.ts', 'Of a folder of remote modules, with the types that the modules have:'],
    ['types app/area --as user.area', 'The same, with the namespace and the server type:'],
  ],
  declare(command) {
    withFleetOptions(
      command
        .argument('[targets...]', 'addresses of servers, or one folder or file of remote modules')
        .option('-o, --out <file>', 'file to write, in the place of stdout')
        .option('--as <name>', 'namespace.serverType of a folder; user.<name of the folder> without it')
        .option('--type <name>', 'server type of servers that do not say theirs'),
    );
    return (running, [targets], flags: TypesFlags) => write(running, targets as string[], flags);
  },
};

async function write({ out }: Running, targets: readonly string[], flags: TypesFlags): Promise<ExitCode | undefined> {
  const text = await textOf(targets, flags);
  if (flags.out !== undefined) {
    try {
      writeFileSync(flags.out, text);
    } catch (error) {
      throw usage(`${quoted(flags.out)} cannot be written: ${messageOf(error)}`);
    }
    await out.note(`wrote ${printable(flags.out)}`);
  } else if (out.isJson) await out.json({ types: text });
  else await out.print(text.trimEnd());
  return undefined;
}

function textOf(targets: readonly string[], flags: TypesFlags): Promise<string> | string {
  const [first] = targets;
  const folders = targets.filter(isFolderOrFile);
  if (folders.length === 0) {
    const gone = targets.find((target) => /^[^/@:]+\//.test(target) || /\.[cm]?[jt]s$/.test(target));
    if (gone !== undefined) throw usage(`there is no folder and no file ${quoted(gone)}`);
    if (flags.as !== undefined)
      throw usage('--as is for a folder of remote modules; servers say their types themselves');
    return typesOfServers(targets, flags);
  }
  if (targets.length > 1 || first === undefined || flags.etcd !== undefined)
    throw usage('give one folder or file of remote modules, or addresses of servers');
  const from = flags.out === undefined ? process.cwd() : dirname(resolve(flags.out));
  return remotesOfFolder(first, placeOf(first, flags.as), from);
}

async function typesOfServers(addresses: readonly string[], flags: TypesFlags): Promise<string> {
  const fleet = await fleetOf(addresses, flags);
  try {
    demandAll(fleet);
    const { servers } = await new FleetPoller(fleet.client, { timeout: flags.timeout }).poll();
    if (servers.length === 0) throw usage('there is no server whose types could be written');
    const described = await describeServers(fleet.client, servers, '');
    const tree: RemotesTree = new Map();
    for (const [serverType, methods] of byType(described, flags.type)) addMethods(tree, serverType, methods);
    return remotesFile(
      tree,
      `the running ${servers.length === 1 ? 'server' : 'servers'} ${servers.map(({ id }) => printable(id)).join(', ')}`,
    );
  } finally {
    await fleet.stop();
  }
}

function byType(described: readonly DescribedServer[], fallback: string | undefined) {
  const methods = new Map<string, NonNullable<DescribedServer['methods']>>();
  for (const { server, methods: own, failure } of described) {
    const serverType = server.serverType === '' ? fallback : server.serverType;
    if (own === null) {
      const { code, message } = failure ?? { code: '', message: 'no reason given' };
      throw new CommandError(exitCodeOf(code), `${server.id} does not say its methods: ${message}`, code);
    }
    if (serverType === undefined)
      throw usage(`${quoted(server.id)} does not say its server type: give one with --type`);
    methods.set(serverType, [...(methods.get(serverType) ?? []), ...own]);
  }
  return methods;
}

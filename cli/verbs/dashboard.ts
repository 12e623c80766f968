import { InvalidArgumentError, Option } from 'commander';
import { clearInterval, setImmediate, setInterval } from '../../lib/timers.js';
import { durationOf, type FleetFlags, targetsOf, withFleetOptions } from '../fleet-options.js';
import type { Io } from '../io.js';
import type { Running, Verb } from '../verb.js';

interface DashboardFlags extends FleetFlags {
  readonly host: string;
  readonly port: number;
  readonly interval: number;
  readonly history: number;
  readonly allowCalls?: boolean;
}

const DEFAULT_HOST = '127.0.0.1';
const DEFAULT_INTERVAL_MS = 1_000;
const DEFAULT_HISTORY_MS = 300_000;
/** Process above this one at the start: npm's shell may end before the page is served. */
const PARENT = process.ppid;
/** Time between two looks whether npm is still there. Unit: ms */
const PARENT_MS = 500;
const ENDS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** `mailstation dashboard`: serves a page that shows the servers and their callers, until the command is stopped. */
export const dashboard: Verb = {
  name: 'dashboard',
  summary: 'serve a page that shows servers and callers at work',
  examples: [
    ['dashboard 127.0.0.1:3333 127.0.0.1:3334', 'A page on two servers; open the address that is printed:'],
    ['dashboard --etcd http://etcd:2379 -n my-app', 'All servers in etcd; servers that join appear:'],
    ['dashboard 3333 --allow-calls', 'A page that may also call methods:'],
    ['dashboard 3333 --port 8080', 'At a port of your choice, such as for ssh -L 8080:127.0.0.1:8080:'],
  ],
  declare(command) {
    withFleetOptions(
      command
        .argument('[addresses...]', 'addresses of the servers')
        .addOption(
          new Option('-p, --port <number>', 'port of the page').default(0, 'the system chooses').argParser(portOf),
        )
        .option(
          '--host <host>',
          'address of the page; beyond this machine the token travels without encryption',
          DEFAULT_HOST,
        )
        .option('--allow-calls', 'let the page call methods of the servers')
        .addOption(
          new Option('-i, --interval <time>', 'time between two states')
            .default(DEFAULT_INTERVAL_MS, '1s')
            .argParser(durationOf),
        )
        .addOption(
          new Option('--history <time>', 'time over which courses and recording reach back')
            .default(DEFAULT_HISTORY_MS, '5m')
            .argParser(durationOf),
        ),
    );
    return (running, [addresses], flags: DashboardFlags) => serve(running, addresses as string[], flags);
  },
};

async function serve({ io, out }: Running, addresses: readonly string[], flags: DashboardFlags): Promise<undefined> {
  const { addresses: servers = [], etcd, client, timeout } = targetsOf(addresses, flags);
  // The dashboard's own name says at the servers, and on the page, whose questions these are.
  const { clientId: _, ...connect } = client ?? {};
  const { host, port, interval, history, allowCalls } = flags;
  // Loaded here alone: no other verb needs the page.
  const { createDashboard } = await import('../../dashboard.js');
  const made = createDashboard({
    ...{ servers, etcd, host, port, interval, history, allowCalls: allowCalls === true },
    connect: { ...connect, ...(timeout !== undefined && { timeout }) },
    logger: { info: () => {}, warn: (line) => void out.note(line), error: (line) => void out.note(line) },
    // The address is spent with the first browser. A reader of JSON gets the first one alone.
    onOpened: (url) =>
      setImmediate(() => void (out.isJson ? undefined : out.note(`opened; for another browser: ${url}`))),
  });
  try {
    await made.start();
    if (out.isJson) await out.jsonLine({ url: made.url, port: made.port });
    else
      await out.print(`The dashboard is at ${made.url}`, 'The address opens the page once. Ctrl+C ends the dashboard.');
    await endOf(io);
  } finally {
    await made.stop();
  }
  return undefined;
}

/**
 * Resolves when the command is to end. A second signal then ends the process at once. Under npm the end of the process above is an end too: npm
 * hands its signals to the shell that it has put in between, which dies of them and tells nobody.
 */
function endOf({ closed, env }: Io): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (process.ppid !== PARENT) end();
    };
    const watch = env['npm_command'] === undefined ? undefined : setInterval(look, PARENT_MS);
    const end = (): void => {
      clearInterval(watch);
      for (const signal of ENDS) process.off(signal, end);
      closed.removeEventListener('abort', end);
      resolve();
    };
    for (const signal of ENDS) process.on(signal, end);
    closed.addEventListener('abort', end);
    if (closed.aborted) end();
  });
}

function portOf(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new InvalidArgumentError('Write a number from 0 to 65535; 0 lets the system choose.');
}

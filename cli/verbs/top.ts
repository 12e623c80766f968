import type { ReadStream, WriteStream } from 'node:tty';
import { Option } from 'commander';
import { nearName } from '../../lib/near-name.js';
import { delay } from '../../lib/timers.js';
import { FleetPoller, type FleetSample } from '../../observe/fleet/index.js';
import { type ExitCode, exitCodeOf, usage } from '../exit-code.js';
import { durationOf, type FleetFlags, fleetOf, withFleetOptions } from '../fleet-options.js';
import type { Io } from '../io.js';
import { paintFor } from '../terminal/paint.js';
import { METHOD_COLUMNS, SERVER_COLUMNS } from '../top/columns.js';
import { showLive } from '../top/live.js';
import { wholeTable } from '../top/picture.js';
import { FIRST_VIEW, type View } from '../top/view.js';
import type { Running, Verb } from '../verb.js';

interface TopFlags extends FleetFlags {
  readonly interval: number;
  readonly once?: boolean;
  readonly methods?: boolean;
  readonly sort?: string;
  readonly filter?: string;
}

const DEFAULT_INTERVAL_MS = 1_000;
/** Width of a table for an output that is no terminal: all columns, and names of a hundred characters. */
const WIDE = 240;

/** `mailstation top`: rates, latencies and load of servers, as a screen, as one table, or as samples for programs. */
export const top: Verb = {
  name: 'top',
  summary: 'watch the calls, the latencies and the load of servers and methods',
  examples: [
    ['top 127.0.0.1:3333 127.0.0.1:3334', 'Two servers, on the whole terminal; ? shows the keys:'],
    ['top --etcd http://etcd:2379 -n my-app', 'All servers in etcd; servers that join appear:'],
    ['top 3333 --methods --sort p99', 'The methods, the slowest first:'],
    ['top 3333 --once', 'One table of one second, as into a pipe:'],
    ['top 3333 --json --interval 10s >> samples.ndjson', 'A sample in each line, every ten seconds:'],
  ],
  declare(command) {
    withFleetOptions(
      command
        .argument('[addresses...]', 'addresses of the servers')
        .addOption(
          new Option('-i, --interval <time>', 'time between two samples, which rates and latencies are over')
            .default(DEFAULT_INTERVAL_MS, '1s')
            .argParser(durationOf),
        )
        .option('--once', 'print one table, or with --json one sample, and end')
        .option('-m, --methods', 'show the methods first, and not the servers')
        .option('-s, --sort <column>', 'column to sort by, such as calls, ok, p99, loop or server')
        .option('-f, --filter <text>', 'only the rows that contain the text'),
    );
    return ({ io, out }: Running, [addresses], flags: TopFlags) => watch({ io, out }, addresses as string[], flags);
  },
};

async function watch(
  { io, out }: Running,
  addresses: readonly string[],
  flags: TopFlags,
): Promise<ExitCode | undefined> {
  const { interval, timeout, once } = flags;
  const view = viewOf(flags);
  const fleet = await fleetOf(addresses, flags);
  const poller = new FleetPoller(fleet.client, { interval, timeout, places: fleet });
  try {
    if (out.isJson && once !== true) {
      await repeat(poller, interval, io.closed, (sample) => out.jsonLine(sample));
      return undefined;
    }
    if (!out.isJson && once !== true && isScreen(io)) {
      await showLive(poller, { input: io.stdin as ReadStream, output: io.stdout as WriteStream, view, interval });
      return undefined;
    }
    await poller.poll();
    await pause(interval, io.closed);
    const sample = await poller.poll();
    if (out.isJson) await out.jsonLine(sample);
    else await out.print(...wholeTable(sample, view, out.width ?? WIDE, paintFor(io.stdout, io.env)));
    return endOf(sample);
  } finally {
    poller.stop();
    await fleet.stop();
  }
}

function viewOf({ methods, sort, filter = '' }: TopFlags): View {
  const rows = methods === true ? 'methods' : 'servers';
  const columns: readonly { key: string; head: string }[] = rows === 'methods' ? METHOD_COLUMNS : SERVER_COLUMNS;
  const keys = columns.map(({ key }) => key);
  const column = columns.find(({ key, head }) => key === sort || head === sort)?.key; // the table shows the heads
  if (sort !== undefined && column === undefined) {
    const near = nearName(sort, keys);
    throw usage(
      `the ${rows} have no column ${sort}: ${near === undefined ? `there are ${keys.join(', ')}` : `did you mean ${near}?`}`,
    );
  }
  return { ...FIRST_VIEW, rows, filter, sort: { ...FIRST_VIEW.sort, ...(column !== undefined && { [rows]: column }) } };
}

/** A terminal that can move its cursor. */
function isScreen({ stdout, env }: Io): boolean {
  return stdout.isTTY && env['TERM'] !== 'dumb';
}

/** Makes samples at the interval until nobody reads them. */
async function repeat(
  poller: FleetPoller,
  interval: number,
  closed: AbortSignal,
  write: (sample: FleetSample) => Promise<void>,
): Promise<void> {
  while (!closed.aborted) {
    const next = pause(interval, closed);
    await write(await poller.poll());
    await next;
  }
}

async function pause(ms: number, closed: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal: closed }).catch((error: Error) => {
    if (error.name !== 'AbortError') throw error;
  });
}

/** A table without a single answer is a failure; its rows have the reasons. */
function endOf({ servers }: FleetSample): ExitCode | undefined {
  const [first] = servers;
  if (first?.failure == null || servers.some(({ state }) => state === 'answered')) return undefined;
  return exitCodeOf(first.failure.code);
}

import type { WriteStream } from 'node:tty';
import { InvalidArgumentError, Option } from 'commander';
import { messageOf, RpcCode, type RpcError } from '../../lib/errors.js';
import type { Fleet } from '../../observe/fleet/index.js';
import { type Load, type LoadResult, LoadRun } from '../bench/load.js';
import { showProgress } from '../bench/progress.js';
import { reportLines, reportOf } from '../bench/report.js';
import { argumentOf, readArguments } from '../call/arguments.js';
import { chooseServer } from '../call/choose-server.js';
import { readMethodName } from '../call/method-name.js';
import { CommandError, ExitCode, exitCodeOf } from '../exit-code.js';
import { demandAll, durationOf, type FleetFlags, fleetOf, withFleetOptions } from '../fleet-options.js';
import type { Io } from '../io.js';
import { paintFor } from '../terminal/paint.js';
import type { Running, Verb } from '../verb.js';

interface BenchFlags extends FleetFlags {
  readonly concurrency?: number;
  readonly duration?: number;
  readonly count?: number;
  readonly rate?: number;
  readonly warmUp: number;
  readonly to?: string;
  readonly route?: string;
  readonly text?: boolean;
}

const DEFAULT_DURATION_MS = 10_000;
const DEFAULT_WARM_UP_MS = 1_000;
/** Calls in flight: few without a rate, and as a bound with one. */
const DEFAULT_CONCURRENCY = { closed: 10, open: 1_000 } as const;
const MOST = 1_000_000;

/** Failures of the first call that all others would share. */
const HOPELESS: readonly string[] = [
  ...[RpcCode.NoMethod, RpcCode.NoProxy, RpcCode.Forbidden, RpcCode.Validation, RpcCode.NeedsStream],
  ...[RpcCode.NeedsCallback, RpcCode.Encode, RpcCode.BadRequest, RpcCode.InvalidArgument],
];

/** `mailstation bench`: calls a method again and again, and says how many calls a second that makes and how long they take. */
export const bench: Verb = {
  name: 'bench',
  summary: 'call a method again and again, and measure rate and latency',
  examples: [
    ['bench 127.0.0.1:3333 user.rooms.greet Ada', 'Ten calls in flight for ten seconds:'],
    ['bench 3333 user.rooms.list --concurrency 100 --count 50000', 'Fifty thousand calls, a hundred at once:'],
    ['bench 3333 user.rooms.list --rate 2000 --duration 1m', 'Two thousand calls a second, for a minute:'],
    ['bench --etcd http://etcd:2379 -n my-app chat user.rooms.list', 'The servers of the type chat in turn:'],
    ['bench 3333 user.rooms.list --json > before.json', 'The figures for programs:'],
  ],
  declare(command) {
    const many = (text: string): number => numberOf(text, true);
    withFleetOptions(
      command
        .argument(
          '<target>',
          'address of the server; with --etcd its id, or the type of servers among which the router chooses',
        )
        .argument('<method>', 'namespace.module.method')
        .argument('[args...]', 'JSON, text, - for stdin, @file for a file')
        .addOption(
          new Option('-c, --concurrency <number>', 'calls in flight: 10, or with --rate 1000 at most').argParser(many),
        )
        .addOption(
          new Option('-d, --duration <time>', 'time to make calls in: 10s without --count').argParser(durationOf),
        )
        .addOption(new Option('-N, --count <number>', 'calls to make').argParser(many))
        .addOption(
          new Option('-r, --rate <number>', 'calls a second, due whether earlier ones have ended or not').argParser(
            (text) => numberOf(text, false),
          ),
        )
        .addOption(
          new Option('-w, --warm-up <time>', 'time to make calls in beforehand, which are not counted; 0 for none')
            .default(DEFAULT_WARM_UP_MS, '1s')
            .argParser((text) => (text.trim() === '0' ? 0 : durationOf(text))),
        )
        .option('--to <id>', 'id of the server, where the address does not give it away or a type has several')
        .option('--route <value>', 'route parameter, by which the router chooses among the servers of a type')
        .option('--text', 'all arguments are texts, also those that look like JSON'),
    );
    return (running, [target, method, args], flags: BenchFlags) =>
      benchMethod(running, target as string, method as string, args as string[], flags);
  },
};

function numberOf(text: string, isWhole: boolean): number {
  const value = Number(text.trim() === '' ? Number.NaN : text);
  if (value > 0 && value <= MOST * 1_000 && (!isWhole || Number.isInteger(value))) return value;
  throw new InvalidArgumentError(isWhole ? 'Write a whole number above 0.' : 'Write a number above 0.');
}

async function benchMethod(
  { io, out }: Running,
  target: string,
  name: string,
  written: readonly string[],
  flags: BenchFlags,
): Promise<ExitCode> {
  const read = await readArguments(written, flags.text === true, () => io.stdin);
  for (const { remark } of read) if (remark !== undefined) await out.note(remark);
  const args = read.map(({ value }) => value);
  const isAddress = flags.etcd === undefined;
  const fleet = await fleetOf(isAddress ? [target] : [], flags);
  const interrupt = new AbortController();
  const onInterrupt = (): void => interrupt.abort();
  try {
    demandAll(fleet);
    const { call, servers } = await callOf(fleet, target, name, args, isAddress, flags);
    await firstCall(call);
    // The first Ctrl-C ends the run with the figures so far. The listener is gone then, and the next one ends the process.
    process.once('SIGINT', onInterrupt);
    io.closed.addEventListener('abort', onInterrupt);
    const load = loadOf(flags);
    if (flags.warmUp > 0)
      await shown(
        io,
        new LoadRun(call, { ...load, count: undefined, duration: flags.warmUp }, interrupt.signal),
        'warm-up',
      );
    const result = await shown(io, new LoadRun(call, load, interrupt.signal), 'bench');
    const report = reportOf(name, servers, load, result);
    if (out.isJson) await out.json(report);
    else await out.print(...reportLines(report, out.width ?? 80, paintFor(io.stdout, io.env)));
    return endOf(result);
  } finally {
    process.off('SIGINT', onInterrupt);
    io.closed.removeEventListener('abort', onInterrupt);
    await fleet.stop();
  }
}

/** The call of the bench, and the ids of the servers that it goes to. */
async function callOf(
  fleet: Fleet,
  target: string,
  name: string,
  args: readonly unknown[],
  isAddress: boolean,
  { to, route: given }: BenchFlags,
): Promise<{ readonly call: () => Promise<unknown>; readonly servers: readonly string[] }> {
  const { client } = fleet;
  const route = given === undefined ? null : argumentOf(given, false, undefined).value;
  const id = await chooseServer(fleet, { target, isAddress, to, route });
  const { namespace, service, method } = await readMethodName(client, id, name);
  const serverType = client.servers[id]?.serverType || 'server';
  client.addProxy({ namespace, serverType });
  const proxy = client.proxies[namespace]?.[serverType]?.[service]?.[method] as {
    (route: unknown, ...args: unknown[]): Promise<unknown>;
    toServer(id: string, ...args: unknown[]): Promise<unknown>;
  };
  const isType = !isAddress && to === undefined && !(target in client.servers);
  if (!isType) return { call: () => proxy.toServer(id, ...args), servers: [id] };
  const ofType = Object.values(client.servers).filter((server) => server.serverType === serverType);
  return { call: () => proxy(route, ...args), servers: ofType.map((server) => server.id) };
}

/** Ends a bench whose calls would all fail alike: a method that is not there, arguments that do not fit, a server out of reach. */
async function firstCall(call: () => Promise<unknown>): Promise<void> {
  try {
    await call();
  } catch (thrown) {
    const error = thrown as RpcError;
    const { code } = error;
    if (HOPELESS.includes(code) || exitCodeOf(code) === ExitCode.Unreachable) throw error;
    if (code === RpcCode.Timeout)
      throw new CommandError(ExitCode.Late, `${messageOf(error)}: give more time with --timeout`, code);
  }
}

function loadOf({ concurrency, duration, count, rate }: BenchFlags): Load {
  return {
    concurrency: concurrency ?? (rate === undefined ? DEFAULT_CONCURRENCY.closed : DEFAULT_CONCURRENCY.open),
    rate,
    count,
    duration: duration ?? (count === undefined ? DEFAULT_DURATION_MS : undefined),
  };
}

async function shown(io: Io, run: LoadRun, what: string): Promise<LoadResult> {
  const hide = showProgress(io.stderr as WriteStream, run, what);
  try {
    return await run.run();
  } finally {
    hide();
  }
}

/** Failed calls are a failure of their class, the most frequent one. */
function endOf({ tally: { failures } }: LoadResult): ExitCode {
  const [most] = failures;
  return most === undefined ? ExitCode.Ok : exitCodeOf(most.code);
}

import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { whyAbsent } from './absent-peers.js';
import { type AgainstSummary, runAgainst } from './against.js';
import { formatAgainst, formatAgainstSettings } from './against-report.js';
import { buildAt, ownBuild } from './build.js';
import { findCorePair } from './cores.js';
import { describeEnvironment } from './environment.js';
import { IS_COMPILED, peerUrl } from './host-process.js';
import { needsPackages } from './main-suite.js';
import { type Command, parseCommand, USAGE, UsageError } from './options.js';
import { profilePeer, shortPlace } from './profile.js';
import { formatEnvironment, formatRate, formatScenario, formatSettings } from './report.js';
import { runScenario } from './scenario.js';
import { type ScenarioSummary, summarize } from './summary.js';

export const EXIT = {
  ok: 0,
  /** A peer could not be started, failed a call, or gave a wrong reply. */
  failed: 1,
  /** The command line made no sense. */
  usage: 2,
} as const;

export interface RunContext {
  /** Where peers are found by name. Ends with a slash. */
  readonly peersFolder: URL;
  /** Where profiles are written, each run in a folder of its own. */
  readonly profilesFolder: string;
  /** Makes the packages of other peers loadable. */
  readonly linkPeers?: () => void;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

const PROFILE_LINES = 30;

/** Does what the command line says; resolves to one of {@link EXIT}. */
export async function run(args: readonly string[], context: RunContext): Promise<number> {
  try {
    const command = parseCommand(args);
    if (command.kind === 'help') {
      context.out(USAGE);
      return EXIT.ok;
    }
    if (!IS_COMPILED) context.err('These are the sources, run through a loader: the figures say nothing.\n');
    if (command.kind === 'against') return await against(command, context);
    return command.kind === 'compare' ? await compare(command, context) : await profile(command, context);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    context.err(`${error.message}\n\n${USAGE}`);
    return EXIT.usage;
  }
}

async function compare(command: Extract<Command, { kind: 'compare' }>, context: RunContext): Promise<number> {
  const { scenarios, json } = command;
  const { peersFolder, out } = context;
  requirePeers(command.peers, peersFolder);
  const leftOut = command.peers.flatMap((name) => whyAbsent(name) ?? []);
  const peers = command.peers.filter((name) => whyAbsent(name) === undefined);
  if (peers.some(needsPackages)) context.linkPeers?.();
  const contestants = peers.map((name) => ({ name, url: peerUrl(name, peersFolder) }));
  const settings = { ...command.settings, cores: command.pin ? findCorePair() : undefined };
  const environment = describeEnvironment();
  if (!json) out(`${formatEnvironment(environment)}\n\n${[formatSettings(settings), ...leftOut].join('\n')}\n\n`);

  const summaries: ScenarioSummary[] = [];
  for (const scenario of scenarios) {
    const summary = summarize(scenario, await runScenario(scenario, contestants, settings));
    summaries.push(summary);
    if (!json) out(`${formatScenario(summary)}\n\n`);
  }
  if (json) out(`${JSON.stringify({ environment, settings, leftOut, scenarios: summaries }, null, 2)}\n`);
  const hasFailed = summaries.some((summary) => summary.peers.some((peer) => 'error' in peer));
  return hasFailed ? EXIT.failed : EXIT.ok;
}

async function against(command: Extract<Command, { kind: 'against' }>, context: RunContext): Promise<number> {
  const { scenarios, json, build } = command;
  const { peersFolder, out } = context;
  requirePeers(['mailstation'], peersFolder);
  const contestant = (name: string, entry: string) => ({
    name,
    url: `${peerUrl('mailstation', peersFolder)}?build=${encodeURIComponent(entry)}`,
  });
  const own = ownBuild();
  const builds = {
    own: contestant('this build', own),
    again: contestant('this build again', own),
    other: contestant('the other build', buildAt(build)),
  };
  const settings = { ...command.settings, cores: command.pin ? findCorePair() : undefined };
  const environment = describeEnvironment();
  if (!json) out(`${formatEnvironment(environment)}\n\n${formatAgainstSettings(build, settings)}\n\n`);

  const summaries: AgainstSummary[] = [];
  for (const scenario of scenarios) {
    const summary = await runAgainst(scenario, builds, settings);
    summaries.push(summary);
    if (!json) out(`${formatAgainst(summary)}\n\n`);
  }
  if (json) out(`${JSON.stringify({ environment, settings, against: build, scenarios: summaries }, null, 2)}\n`);
  return summaries.some((summary) => 'error' in summary) ? EXIT.failed : EXIT.ok;
}

async function profile(command: Extract<Command, { kind: 'profile' }>, context: RunContext): Promise<number> {
  const { peer, sides, scenario, seconds, warmUpSeconds, pin } = command;
  const { peersFolder, out } = context;
  requirePeers([peer], peersFolder);
  if (needsPackages(peer)) context.linkPeers?.();
  const { result, profiles } = await profilePeer(
    {
      peer,
      sides,
      load: { ...scenario, seconds },
      warmUpSeconds,
      cores: pin ? findCorePair() : undefined,
      folder: path.join(context.profilesFolder, new Date().toISOString().replaceAll(':', '-')),
    },
    peerUrl(peer, peersFolder),
  );

  const rate = formatRate(result.calls / result.seconds);
  out(`${formatEnvironment(describeEnvironment())}\n\n`);
  out(`${peer}, ${scenario.payload}, ${scenario.inFlight} in flight, under the profiler: ${rate} calls/s\n`);
  for (const { side, file, selfTimes } of profiles) {
    const lines = selfTimes
      .slice(0, PROFILE_LINES)
      .map(({ name, place, share }) => `${(share * 100).toFixed(1).padStart(6)} %  ${name}  ${shortPlace(place)}\n`);
    out(`\n${side}: ${file}\nself time, idle time left out\n${lines.join('')}`);
  }
  return EXIT.ok;
}

/** @throws UsageError, with the names that there are. */
function requirePeers(names: readonly string[], folder: URL): void {
  for (const name of names) {
    if (/^[\w-]+$/.test(name) && existsSync(new URL(peerUrl(name, folder)))) continue;
    const known = readdirSync(folder).map((file) => path.parse(file).name);
    throw new UsageError(`no peer '${name}'; there are ${known.join(', ')}`);
  }
}

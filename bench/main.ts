import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { findCorePair } from './cores.js';
import { describeEnvironment } from './environment.js';
import { IS_COMPILED, peerUrl } from './host-process.js';
import { type Command, parseCommand, USAGE, UsageError } from './options.js';
import { profilePeer, shortPlace } from './profile.js';
import { formatEnvironment, formatScenario, formatSettings } from './report.js';
import { runScenario } from './scenario.js';
import { type ScenarioSummary, summarize } from './summary.js';

const PEERS_FOLDER = new URL('./peers/', import.meta.url);
const PROFILES_FOLDER = fileURLToPath(new URL('./profiles/', import.meta.url));
const PROFILE_LINES = 30;

/** Exit codes: a peer failed, one wrong reply included; the command line made no sense. */
const EXIT = { ok: 0, failed: 1, usage: 2 } as const;

async function main(args: readonly string[]): Promise<number> {
  const command = parseCommand(args);
  if (command.kind === 'help') {
    process.stdout.write(USAGE);
    return EXIT.ok;
  }
  if (!IS_COMPILED) {
    process.stderr.write('These are the sources, run through a loader that changes them: the figures say nothing.\n');
  }
  return command.kind === 'compare' ? compare(command) : profile(command);
}

async function compare(command: Extract<Command, { kind: 'compare' }>): Promise<number> {
  const { peers, scenarios, json } = command;
  requirePeers(peers);
  const settings = { ...command.settings, cores: command.pin ? findCorePair() : undefined };
  const print = (text: string) => {
    if (!json) process.stdout.write(`${text}\n\n`);
  };

  const environment = describeEnvironment();
  print(`${formatEnvironment(environment)}\n\n${formatSettings(settings)}`);
  const summaries: ScenarioSummary[] = [];
  for (const scenario of scenarios) {
    const summary = summarize(scenario, await runScenario(scenario, peers, PEERS_FOLDER, settings));
    summaries.push(summary);
    print(formatScenario(summary));
  }
  if (json) process.stdout.write(`${JSON.stringify({ environment, settings, scenarios: summaries }, null, 2)}\n`);
  return summaries.some((summary) => summary.peers.some((peer) => 'error' in peer)) ? EXIT.failed : EXIT.ok;
}

async function profile(command: Extract<Command, { kind: 'profile' }>): Promise<number> {
  const { peer, sides, scenario, seconds, warmUpSeconds, pin } = command;
  requirePeers([peer]);
  const load = { ...scenario, seconds };
  const folder = path.join(PROFILES_FOLDER, new Date().toISOString().replaceAll(':', '-'));
  const cores = pin ? findCorePair() : undefined;
  const { result, profiles } = await profilePeer({ peer, sides, load, warmUpSeconds, cores, folder }, PEERS_FOLDER);

  const rate = Math.round(result.calls / result.seconds).toLocaleString('en-US');
  const title = `${peer}, ${scenario.payload}, ${scenario.inFlight} in flight, profiled: ${rate} calls/s`;
  process.stdout.write(`${formatEnvironment(describeEnvironment())}\n\n${title}\n`);
  for (const { side, file, selfTimes } of profiles) {
    const lines = selfTimes
      .slice(0, PROFILE_LINES)
      .map(({ name, place, share }) => `${(share * 100).toFixed(1).padStart(6)} %  ${name}  ${shortPlace(place)}`);
    process.stdout.write(`\n${side}: ${file}\nself time, idle time left out\n${lines.join('\n')}\n`);
  }
  return EXIT.ok;
}

/** @throws UsageError, with the names that there are. */
function requirePeers(names: readonly string[]): void {
  for (const name of names) {
    if (/^[\w-]+$/.test(name) && existsSync(new URL(peerUrl(name, PEERS_FOLDER)))) continue;
    const known = readdirSync(PEERS_FOLDER).map((file) => path.parse(file).name);
    throw new UsageError(`no peer '${name}'; there are ${known.join(', ')}`);
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n\n${USAGE}`);
  process.exitCode = EXIT.usage;
}

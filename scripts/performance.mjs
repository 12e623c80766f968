/**
 * Writes the tables and plots of docs/performance.md:
 *
 *     node scripts/performance.mjs                                   from bench/performance.json
 *     node scripts/performance.mjs main.json memory.json import.json takes new figures into that file first
 *
 * The three files are what `npm run bench -- main --json`, `npm run bench:memory -- --json` and `npm run bench:import -- --json` print.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { number, PAGE, put, read, row } from './performance-page.mjs';
import { plotOf } from './performance-plot.mjs';

/**
 * @typedef {{ name: string, failed?: true, callsPerSecond: number, ratio: number, cpuUsPerCall: number, p50?: number }} PeerFigure
 *     A peer in a scenario; one that failed has no figures.
 * @typedef {{ payload: keyof typeof TITLES, inFlight: number, peers: PeerFigure[] }} ScenarioFigures
 * @typedef {{ live: number, rss: number }} Bytes
 * @typedef {Record<'client' | 'server', Bytes>} Ends
 * @typedef {{ connection: Record<'mailstation' | 'net', Ends>, waitingCall: Ends }} MemoryFigures
 * @typedef {{ median: number }} Middle
 * @typedef {{ results: { name: string, ms: number, ratio: Middle, netRatio?: Middle }[] }} ImportFigures
 * @typedef {{ name: string, error?: string, callsPerSecond: Middle, ratio?: Middle, cpuUsPerCall: number, latencyUs?: { p50: number } }} PeerRun
 * @typedef {{ environment: object, settings: object, scenarios: (Omit<ScenarioFigures, 'peers'> & { peers: PeerRun[] })[] }} MainRun
 */

const FIGURES = new URL('../bench/performance.json', import.meta.url);
const TITLES = {
  small: 'small object, some 60 bytes as JSON',
  '10k': '10 KiB of ASCII',
  cjk: '10 KiB of CJK characters',
  buffer: '256 bytes',
  mib: '1 MiB of bytes',
};

/** @type {('mailstation' | 'net')[]} */
const KINDS = ['mailstation', 'net'];

/**
 * What the page shows of a run: medians, without the rounds.
 *
 * @param {[MainRun, MemoryFigures, ImportFigures]} files
 */
function trimmed([main, memory, imports]) {
  const scenarios = main.scenarios.map(({ payload, inFlight, peers }) => ({
    payload,
    inFlight,
    peers: peers.map(({ name, error, callsPerSecond, ratio, cpuUsPerCall, latencyUs }) =>
      error === undefined
        ? {
            name,
            callsPerSecond: Math.round(callsPerSecond.median),
            ratio: ratio?.median,
            cpuUsPerCall,
            p50: latencyUs?.p50,
          }
        : { name, failed: true },
    ),
  }));
  return { environment: main.environment, settings: main.settings, scenarios, memory, imports };
}

const given = process.argv.slice(2);
if (given.length > 0)
  writeFileSync(
    FIGURES,
    `${JSON.stringify(trimmed([read(given[0] ?? ''), read(given[1] ?? ''), read(given[2] ?? '')]), null, 2)}\n`,
  );
/** @type {{ scenarios: ScenarioFigures[], memory: MemoryFigures, imports: ImportFigures }} */
const figures = read(FIGURES);

/** @param {ScenarioFigures} scenario */
function scenarioTable({ payload, inFlight, peers }) {
  const hasLatency = peers.some(({ p50 }) => p50 !== undefined);
  const ours = peers.find(({ name }) => name === 'mailstation')?.cpuUsPerCall ?? 0;
  const head = ['peer', 'CPU µs a call', 'x mailstation', 'calls/s', 'x limit-json', ...(hasLatency ? ['p50 µs'] : [])];
  const rows = peers
    .slice()
    .sort((a, b) => (a.cpuUsPerCall ?? Infinity) - (b.cpuUsPerCall ?? Infinity))
    .map(({ name, failed, cpuUsPerCall, callsPerSecond, ratio, p50 }) => {
      if (failed) return row([name, 'failed', ...head.slice(2).map(() => '')]);
      const cells = [cpuUsPerCall, cpuUsPerCall / ours, callsPerSecond, ratio, ...(hasLatency ? [p50 ?? 0] : [])];
      const texts = [name, ...cells.map(number)];
      return row(name === 'mailstation' ? texts.map((text) => `**${text}**`) : texts);
    });
  const rule = `| --- |${' --: |'.repeat(head.length - 1)}`;
  return [`### ${TITLES[payload]}, ${inFlight} in flight`, '', row(head), rule, ...rows, ''].join('\n');
}

/** @param {MemoryFigures} figures */
function memoryTable({ connection, waitingCall }) {
  /** @param {number} bytes */
  const kib = (bytes) => (bytes / 1024).toFixed(1);
  /** @param {'client' | 'server'} end */
  const cells = (end) => KINDS.flatMap((kind) => [kib(connection[kind][end].live), kib(connection[kind][end].rss)]);
  return [
    '| an idle connection, KiB | mailstation: heap and buffers | resident | bare node:net: heap and buffers | resident |',
    '| --- | --: | --: | --: | --: |',
    row(['at the client', ...cells('client')]),
    row(['at the server', ...cells('server')]),
    '',
    `A call that waits for its answer: ${number(waitingCall.client.live)} bytes at the client and ${number(waitingCall.server.live)} at the server.`,
    '',
  ].join('\n');
}

/** @param {ImportFigures} figures */
function importTable({ results }) {
  const rows = results.map(({ name, ms, ratio, netRatio }) =>
    row([name, ms.toFixed(0), ratio.median.toFixed(2), netRatio === undefined ? '' : netRatio.median.toFixed(2)]),
  );
  return [
    '| loads | CPU ms | x cluster-client | x cluster-client, without Node itself |',
    '| --- | --: | --: | --: |',
    ...rows,
    '',
  ].join('\n');
}

let page = readFileSync(PAGE, 'utf8');
page = put(page, 'calls', figures.scenarios.map(scenarioTable).join('\n'));
page = put(page, 'memory', memoryTable(figures.memory));
page = put(page, 'import', importTable(figures.imports));
writeFileSync(PAGE, page);

for (const { payload, inFlight, peers } of figures.scenarios) {
  if (inFlight !== 64 || (payload !== 'small' && payload !== '10k')) continue;
  const title = `CPU time of a call, client and server: ${TITLES[payload]}, 64 in flight`;
  writeFileSync(new URL(`../docs/performance-${payload}.svg`, import.meta.url), plotOf(title, peers));
}

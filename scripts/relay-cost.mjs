/**
 * What a call by way of a shared mailbox costs against a direct one: a server, the process that leads, and one that
 * calls, in turns by the one way and the other. `node --import tsx scripts/relay-cost.mjs`
 */
import { fork } from 'node:child_process';
import { createServer as createPort } from 'node:net';
import { fileURLToPath } from 'node:url';
import { createClient, createServer } from '../index.js';

const ROUNDS = 9;
const ROUND_MS = 1_000;
const [, , role, sharePort] = process.argv;

if (role === 'server') {
  const path = new URL('../examples/readme/remote/test', import.meta.url);
  const server = createServer({ id: 'test-1', port: 0, paths: [{ namespace: 'user', path }] });
  await server.start();
  process.send?.(server.port);
} else if (role === 'leader') {
  const client = createClient({ share: { port: Number(sharePort) } });
  client.on('share', (state) => process.send?.(state));
  await client.start();
} else await measure();

async function measure() {
  const share = await unusedPort();
  const server = await start('server');
  const leader = await start('leader', share);
  const port = Number(server.said);
  const direct = await caller(port, {});
  const relayed = await caller(port, { share: { port: share, lead: false } });
  for (const inFlight of [1, 64]) {
    const rates = { direct: /** @type {number[]} */ ([]), relayed: /** @type {number[]} */ ([]) };
    for (let round = 0; round < ROUNDS; round++) {
      rates.direct.push(await callsPerSecond(direct.func1, inFlight));
      rates.relayed.push(await callsPerSecond(relayed.func1, inFlight));
    }
    const [ways, throughLeader] = [median(rates.direct), median(rates.relayed)];
    const micros = (/** @type {number} */ rate) => `${((1e6 / rate) * inFlight).toFixed(0)} us`;
    console.log(
      `${inFlight} in flight: direct ${Math.round(ways)}/s (${micros(ways)} a call), relayed ${Math.round(throughLeader)}/s (${micros(throughLeader)} a call), ${(ways / throughLeader).toFixed(2)} times the time`,
    );
  }
  await Promise.all([direct, relayed].map(({ client }) => client.stop()));
  for (const { child } of [server, leader]) child.kill();
}

/**
 * @param {number} port
 * @param {object} options
 */
async function caller(port, options) {
  const client = createClient(options);
  client.addProxies([{ namespace: 'user', serverType: 'test' }]);
  client.addServers([{ id: 'test-1', serverType: 'test', port }]);
  await client.start();
  return { client, func1: client.proxies.user.test.module1.func1 };
}

/**
 * @param {(...args: unknown[]) => Promise<unknown>} func1
 * @param {number} inFlight
 */
async function callsPerSecond(func1, inFlight) {
  let calls = 0;
  const startedAt = performance.now();
  const endAt = startedAt + ROUND_MS;
  const keepCalling = async () => {
    for (; performance.now() < endAt; calls++) await func1(null, calls, 2);
  };
  await Promise.all(Array.from({ length: inFlight }, keepCalling));
  return (calls / (performance.now() - startedAt)) * 1_000;
}

/**
 * @param {string} as
 * @param {unknown[]} args
 */
async function start(as, ...args) {
  const child = fork(fileURLToPath(import.meta.url), [as, ...args.map(String)]);
  const said = await new Promise((resolve) => {
    child.on('message', (message) => message !== 'electing' && resolve(message));
  });
  return { child, said };
}

/** @param {number[]} numbers */
function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

/** @returns {Promise<number>} */
function unusedPort() {
  return new Promise((resolve) => {
    const probe = createPort().listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (probe.address());
      probe.close(() => resolve(port));
    });
  });
}

// Runs the application with an agent and two workers, ends the agent in between, and then in single mode.
const { once } = require('node:events');
const { existsSync, mkdirSync, readFileSync, rmSync } = require('node:fs');
const http = require('node:http');
const freePorts = require('./shared/free-ports.cjs');
const { endProcesses, startProcess } = require('./shared/processes.cjs');
const { questions } = require('./lib/questions');

const PATIENCE_MS = 40_000;
const WORKERS = 2;
const CLIENTS = ['directory', 'addressBook'];
const print = (what, value) => console.log(`${what}: ${JSON.stringify(value)}`);

let port;

/** One request on a connection of its own, so that the workers take turns. */
async function get(path, query) {
  const search = new URLSearchParams(query);
  const request = http.get({ host: '127.0.0.1', port, path: `${path}?${search}`, agent: false });
  const [response] = await once(request, 'response');
  const chunks = await response.toArray();
  const text = Buffer.concat(chunks).toString();
  if (response.statusCode !== 200) throw new Error(`${path} ${search}: ${response.statusCode} ${text.slice(0, 500)}`);
  return JSON.parse(text);
}

/** Answers of both workers, in an order that does not depend on who was asked first. */
async function both(path, query) {
  const answers = new Map();
  const end = Date.now() + PATIENCE_MS;
  while (answers.size < WORKERS && Date.now() < end) {
    const { pid, value } = await get(path, query);
    answers.set(pid, value);
  }
  return [...answers.values()].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

/** Asks both workers until their answers are as wanted, and resolves with the last answers. */
async function bothUntil(isWanted, path, query) {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const answers = await both(path, query).catch((error) => [error.message]);
    if ((answers.length === WORKERS && answers.every(isWanted)) || Date.now() > end) return answers;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function askCluster() {
  const homes = await both('/home');
  const [{ pid: agent }] = homes;
  print(
    'the clients lead in the workers',
    homes.map(({ leads }) => leads),
  );
  print(
    'the real client is in one process',
    homes.every(({ pid }) => pid === agent),
  );
  for (const client of CLIENTS) {
    for (const name of Object.keys(questions)) print(`${client}, ${name}`, await both('/ask', { client, name }));
    await get('/note', { client, text: 'milk' });
    print(`${client}, a one-way call`, (await get('/note', { client, text: 'bread' })).value);
    await get('/publish', { client, name: 'ada', number: 1 });
    const query = { client, name: 'ada' };
    print(`${client}, what the workers see`, await bothUntil(({ seen }) => seen?.number === 1, '/seen', query));
  }

  const inFlight = get('/ask', { client: 'directory', name: 'an answer after 1.5 s' });
  await new Promise((resolve) => setTimeout(resolve, 300));
  process.kill(agent, 'SIGKILL');
  print('a call in flight when the agent is killed', (await inFlight).value);
  const isNew = ({ pid, error }) => error === undefined && pid !== agent;
  const again = await bothUntil(isNew, '/home');
  print(
    'the real client is in one other process',
    again.every(({ pid }) => pid !== agent && pid === again[0].pid),
  );
  for (const client of CLIENTS) {
    const query = { client, name: 'ada' };
    print(
      `${client}, what was published is found again`,
      await bothUntil(({ found }) => found?.number === 1, '/seen', query),
    );
    await get('/publish', { client, name: 'ada', number: 2 });
    print(`${client}, what the workers see then`, await bothUntil(({ seen }) => seen?.number === 2, '/seen', query));
    for (const name of ['the region', 'an error']) print(`${client}, ${name}`, await both('/ask', { client, name }));
  }
}

async function main() {
  rmSync('logs', { recursive: true, force: true });
  rmSync('run', { recursive: true, force: true });
  mkdirSync('logs');
  [port] = await freePorts(1);
  const env = { EGG_SERVER_ENV: 'local', HTTP_PORT: String(port) };
  await startProcess('cluster', ['start.mjs'], 'the cluster is up', env);
  await askCluster();
  await endProcesses('SIGTERM');
  const closed = existsSync('logs/closed.txt') ? readFileSync('logs/closed.txt', 'utf8').trim().split('\n').sort() : [];
  print('real clients that were closed', closed);

  const printed = await startProcess('single', ['single.mjs'], 'single mode, closed: true\n', env);
  for (const line of printed.split('\n')) if (line.startsWith('single mode, ')) console.log(line);
}

main()
  .catch((error) => {
    console.log(`failed: ${error.stack}`);
    process.exitCode = 1;
  })
  .finally(async () => {
    await endProcesses();
    process.exit();
  });

import { type Client, createClient, createServer, type Logger, type Server } from 'mailstation';
import { answerQuestions } from '../answer-questions.js';
import type { RequestFor } from '../host-protocol.js';
import { type Call, capacityOf, runPhases } from './caller.js';
import { DEADLINE_MS } from './cases.js';
import type { OverloadQuestions, Sample, Work } from './host-protocol.js';
import type { work as remote } from './remote/work.js';
import { calibrate, units } from './work.js';

/** The entry of both processes of an overload run: the server, and its callers. */

const HOST = '127.0.0.1';
const ID = 'test-1';
const NAMESPACE = 'user';
const SERVER_TYPE = 'test';
const REMOTE = new URL(import.meta.resolve('./remote/work.js'));
/** Refused calls are logged, a line a second: the figures have them too. */
const LOGGER: Logger = { info: () => {}, warn: () => {}, error: console.error };
const SAMPLE_MS = 500;

interface Remotes {
  user: { test: { work: typeof remote } };
}

let server: Server | undefined;
const clients: Client<Remotes>[] = [];
const samples: Sample[] = [];
let call: Call = () => Promise.reject(new Error('this process has no client'));

async function serve(options: OverloadQuestions['serve']['question']['options']): Promise<number> {
  calibrate();
  server = createServer({
    id: ID,
    serverType: SERVER_TYPE,
    host: HOST,
    port: 0,
    paths: [{ namespace: NAMESPACE, path: REMOTE }],
    logger: LOGGER,
    ...options,
  });
  await server.start();
  setInterval(() => {
    const { rss, heapUsed } = process.memoryUsage();
    samples.push({ at: Date.now(), rss, heap: heapUsed, started: units.started });
  }, SAMPLE_MS);
  return server.port;
}

async function connect({ port, clients: count, work, options }: OverloadQuestions['connect']['question']) {
  while (clients.length < count) {
    const client = createClient<Remotes>({ logger: LOGGER, timeout: DEADLINE_MS, ...options });
    client.addProxies([{ namespace: NAMESPACE, serverType: SERVER_TYPE, path: REMOTE }]);
    client.addServers([{ id: ID, serverType: SERVER_TYPE, host: HOST, port }]);
    await client.start();
    clients.push(client);
  }
  call = callsOf(work);
  for (let number = 0; number < count; number++) await call(number); // connected
}

/** The clients take turns. */
function callsOf(work: Work): Call {
  const methods = clients.map(({ proxies }) => proxies.user.test.work[work]);
  return (number) => {
    const method = methods[number % methods.length];
    return method === undefined ? Promise.reject(new Error('there is no client')) : method(null, number);
  };
}

async function answer(
  request: RequestFor<OverloadQuestions>,
): Promise<OverloadQuestions[keyof OverloadQuestions]['answer']> {
  switch (request.name) {
    case 'serve':
      return { port: await serve(request.question.options) };
    case 'connect':
      await connect(request.question);
      return {};
    case 'capacity':
      return { callsPerSecond: await capacityOf(call, request.question.callers, request.question.seconds) };
    case 'run':
      return runPhases(request.question.phases, call, DEADLINE_MS);
    case 'samples':
      return { samples, maxRss: process.resourceUsage().maxRSS * 1024 };
    case 'close':
      await Promise.all(clients.map((client) => client.stop(true)));
      await server?.stop(true);
      return {};
  }
}

answerQuestions<OverloadQuestions>(answer);

/**
 * Memory of what waits: `npm run bench:memory -- [--connections n] [--calls n] [--json]`.
 *
 * An idle connection after one exchange of 30 KB, at a client of n servers and at a server of n clients, whose other ends are in another
 * process, beside a bare pair of node:net; and a call that waits for its answer, at both ends. Each figure is a difference between two
 * states of one process after a collection, so that code, pools and the first connections are not in it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { describeEnvironment } from './environment.js';
import { HostProcess, peerUrl } from './host-process.js';
import type { Kind, MemoryQuestions } from './memory/host-protocol.js';
import { formatEnvironment } from './report.js';
import type { Memory } from './stream-figures/host-protocol.js';

type End = HostProcess<MemoryQuestions>;

const PROGRAM = fileURLToPath(peerUrl('host', new URL('./memory/', import.meta.url)));
/** V8 would give up the code of functions that have rested, which are megabytes, between the two states. */
const NODE_ARGS = ['--expose-gc', '--no-flush-bytecode'];
const ANSWER_MS = 120_000;
const FIRST_CONNECTIONS = 50;
const FIRST_CALLS = 2_000;
/** Pools give back what was of no use after a second; connections are idle by then. */
const REST_MS = 2_500;

const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '500' },
    calls: { type: 'string', default: '20000' },
    json: { type: 'boolean', default: false },
  },
});
const connections = Number(values.connections);
const calls = Number(values.calls);

async function inTwoProcesses<Result>(measure: (one: End, many: End) => Promise<Result>): Promise<Result> {
  const ends = ['one', 'many'].map((title) => new HostProcess<MemoryQuestions>(title, NODE_ARGS, PROGRAM));
  try {
    return await measure(ends[0] as End, ends[1] as End);
  } finally {
    for (const end of ends) await end.stop();
  }
}

async function rested(end: End): Promise<Memory> {
  await sleep(REST_MS);
  await end.ask('memory', {}, ANSWER_MS); // what V8 frees in the background is gone at the second look
  return end.ask('memory', {}, ANSWER_MS);
}

function difference(before: Memory, after: Memory, by: number): Memory {
  return { live: (after.live - before.live) / by, rss: (after.rss - before.rss) / by };
}

/** A connection of one client to many servers, at the client. */
function atClient(kind: Kind): Promise<Memory> {
  return inTwoProcesses(async (one, many) => {
    const add = async (count: number): Promise<Memory> => {
      const { ports } = await many.ask('serve', { kind, count }, ANSWER_MS);
      await one.ask('connect', { kind, ports, isOneClient: true }, ANSWER_MS);
      return rested(one);
    };
    return difference(await add(FIRST_CONNECTIONS), await add(connections), connections);
  });
}

/** A connection of many clients to one server, at the server. */
function atServer(kind: Kind): Promise<Memory> {
  return inTwoProcesses(async (one, many) => {
    const [port = 0] = (await one.ask('serve', { kind, count: 1 }, ANSWER_MS)).ports;
    const add = async (count: number): Promise<Memory> => {
      await many.ask('connect', { kind, ports: Array(count).fill(port), isOneClient: false }, ANSWER_MS);
      return rested(one);
    };
    return difference(await add(FIRST_CONNECTIONS), await add(connections), connections);
  });
}

function waitingCall(): Promise<{ readonly client: Memory; readonly server: Memory }> {
  return inTwoProcesses(async (client, server) => {
    const { ports } = await server.ask('serve', { kind: 'mailstation', count: 1 }, ANSWER_MS);
    await client.ask('connect', { kind: 'mailstation', ports, isOneClient: true }, ANSWER_MS);
    const make = async (count: number): Promise<{ client: Memory; server: Memory }> => {
      await client.ask('hold', { calls: count }, ANSWER_MS);
      return { client: await rested(client), server: await rested(server) };
    };
    const before = await make(FIRST_CALLS);
    const after = await make(calls);
    return {
      client: difference(before.client, after.client, calls),
      server: difference(before.server, after.server, calls),
    };
  });
}

const environment = describeEnvironment();
const result = {
  connection: {
    mailstation: { client: await atClient('mailstation'), server: await atServer('mailstation') },
    net: { client: await atClient('net'), server: await atServer('net') },
  },
  waitingCall: await waitingCall(),
};

const kib = (bytes: number): string => (bytes / 1024).toFixed(1).padStart(8);
if (values.json) process.stdout.write(`${JSON.stringify({ environment, connections, calls, ...result }, null, 2)}\n`);
else {
  const rows = Object.entries(result.connection).flatMap(([kind, ends]) =>
    Object.entries(ends).map(
      ([end, { live, rss }]) => `  ${kind.padEnd(12)} ${end.padEnd(7)}${kib(live)}${kib(rss).padStart(10)}`,
    ),
  );
  const { client, server } = result.waitingCall;
  process.stdout.write(
    [
      formatEnvironment(environment),
      '',
      `an idle connection after one exchange of 30 KB, of ${connections}; KiB`,
      '  of           at       live  resident',
      ...rows,
      '',
      `a waiting call, of ${calls}: ${client.live.toFixed(0)} bytes at the client, ${server.live.toFixed(0)} at the server`,
      '',
    ].join('\n'),
  );
}

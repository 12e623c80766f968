import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { answerQuestions } from '../answer-questions.js';
import type { RequestFor } from '../host-protocol.js';
import { runCallers } from '../load.js';
import { createPayload, createSized } from '../payload.js';
import type { PeerServer } from '../peer.js';
import type { GrowthClient, GrowthEnds } from './ends.js';
import type { GrowthQuestions } from './host-protocol.js';

/** The entry of every process of the growth figures: a server, or some clients. */

const POLL_MS = 5;
/** Calls that are made in one turn of the event loop, so that no bound of bytes is reached. */
const BURST = 1_000;

let server: PeerServer | undefined;
const clients: GrowthClient[] = [];
let waiting: Promise<unknown>[] = [];

async function endsAt(url: string): Promise<GrowthEnds> {
  const { ends } = (await import(url)) as { ends?: GrowthEnds };
  if (ends === undefined) throw new Error(`${url} exports no \`ends\``);
  return ends;
}

function clientOf(caller: number): GrowthClient {
  const client = clients[caller % clients.length];
  if (client === undefined) throw new Error('this process has no client');
  return client;
}

/** A waiting call that fails has no listener yet, and ends this process. */
async function hold(calls: number): Promise<void> {
  const client = clientOf(0);
  if (client.hold === undefined || client.held === undefined) throw new Error('calls cannot wait here');
  while (waiting.length < calls) {
    waiting.push(client.hold(waiting.length));
    if (waiting.length % BURST === 0) await nextTurn();
  }
  while ((await client.held()) < calls) await sleep(POLL_MS);
}

async function release(): Promise<void> {
  const released = waiting;
  waiting = [];
  await clientOf(0).release?.();
  const replies = await Promise.all(released);
  const wrong = replies.findIndex((reply, number) => reply !== number);
  if (wrong >= 0) throw new Error(`wrong reply: the waiting call ${wrong} got ${String(replies[wrong])}`);
}

async function answer(request: RequestFor<GrowthQuestions>): Promise<GrowthQuestions[keyof GrowthQuestions]['answer']> {
  switch (request.name) {
    case 'serve': {
      const { url, number, limits } = request.question;
      server = await (await endsAt(url)).serve(number, limits);
      return { port: server.port };
    }
    case 'connect': {
      const { url, ports, clients: count, limits } = request.question;
      const ends = await endsAt(url);
      while (clients.length < count) clients.push(await ends.connect(ports, limits));
      return {};
    }
    case 'load': {
      const { values, ...load } = request.question;
      const payload = values.form === 'object' ? createPayload('small') : createSized(values.form, values.bytes);
      return runCallers(clientOf, payload, load);
    }
    case 'hold':
      await hold(request.question.calls);
      return {};
    case 'release':
      await release();
      return {};
    case 'cpu': {
      const { user, system } = process.cpuUsage();
      return { us: user + system };
    }
    case 'close':
      await Promise.all(clients.map((client) => client.close()));
      await server?.close();
      return {};
  }
}

answerQuestions<GrowthQuestions>(answer);

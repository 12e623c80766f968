import { answerQuestions } from '../answer-questions.js';
import type { RequestFor } from '../host-protocol.js';
import type { StreamLoad, StreamQuestions } from './host-protocol.js';
import { ItemCheck } from './items.js';
import type { StreamClient, StreamPeer, StreamServer } from './peer.js';

/** The entry of every process of the bench of streams: one end of one peer. */

/** Live objects, as the heap of a program has them: the size of the code of a peer is not to decide what a collection finds. */
const live = Array.from({ length: 150_000 }, (_, id) => ({ id, of: [id] }));

let server: StreamServer | undefined;
let client: StreamClient | undefined;

async function answer(request: RequestFor<StreamQuestions>): Promise<StreamQuestions[keyof StreamQuestions]['answer']> {
  switch (request.name) {
    case 'serve':
      server = await (await loadPeer(request.question.peerUrl)).serve();
      return { port: server.port };
    case 'connect':
      client = await (await loadPeer(request.question.peerUrl)).connect(request.question.port);
      return {};
    case 'cpu': {
      if (live.length === 0) throw new Error('the live objects are gone');
      const { user, system } = process.cpuUsage();
      return { us: user + system };
    }
    case 'receive':
      if (client === undefined) throw new Error('this process has no client');
      return receive(client, request.question);
    case 'close':
      await client?.close();
      await server?.close();
      return {};
  }
}

async function receive(from: StreamClient, { kind, streams, items }: StreamLoad): Promise<{ seconds: number }> {
  const startedAt = performance.now();
  const stream = async (): Promise<void> => {
    const check = new ItemCheck(kind, items);
    await from.receive(kind, items, check.take);
    check.end();
  };
  await Promise.all(Array.from({ length: streams }, stream));
  return { seconds: (performance.now() - startedAt) / 1000 };
}

async function loadPeer(url: string): Promise<StreamPeer> {
  const { peer } = (await import(url)) as { peer?: StreamPeer };
  if (peer === undefined) throw new Error(`${url} exports no \`peer\``);
  return peer;
}

answerQuestions<StreamQuestions>(answer);

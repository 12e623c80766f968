import { getHeapSpaceStatistics } from 'node:v8';
import { answerQuestions } from './answer-questions.js';
import type { HostQuestions, HostReply, HostRequest } from './host-protocol.js';
import { runCount, runLoad } from './load.js';
import type { Peer, PeerClient, PeerServer } from './peer.js';

/** The entry of every process that the harness starts: one end of one peer. */

let server: PeerServer | undefined;
let client: PeerClient | undefined;

async function answer(request: HostRequest): Promise<Extract<HostReply, { ok: true }>['answer']> {
  switch (request.name) {
    case 'serve':
      server = await (await loadPeer(request.question.peerUrl)).serve();
      return { port: server.port };
    case 'connect':
      client = await (await loadPeer(request.question.peerUrl)).connect(request.question.port);
      return {};
    case 'cpu': {
      const { user, system } = process.cpuUsage();
      return { us: user + system + (server?.otherCpuUs?.() ?? 0) };
    }
    case 'load':
      if (client === undefined) throw new Error('this process has no client');
      return runLoad(client, request.question);
    case 'count':
      if (client === undefined) throw new Error('this process has no client');
      await runCount(client, request.question);
      return {};
    case 'collect':
      if (globalThis.gc === undefined) throw new Error('this process has no --expose-gc');
      globalThis.gc();
      return { bytes: youngBytes() };
    case 'young':
      return { bytes: youngBytes() };
    case 'close':
      await client?.close();
      await server?.close();
      return {};
  }
}

function youngBytes(): number {
  const young = getHeapSpaceStatistics().filter(({ space_name }) => space_name.startsWith('new_'));
  return young.reduce((bytes, space) => bytes + space.space_used_size, 0);
}

async function loadPeer(url: string): Promise<Peer> {
  const { peer } = (await import(url)) as { peer?: Peer };
  if (peer === undefined) throw new Error(`${url} exports no \`peer\``);
  return peer;
}

answerQuestions<HostQuestions>(answer);

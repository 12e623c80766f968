import { answerQuestions } from '../answer-questions.js';
import type { RequestFor } from '../host-protocol.js';
import { memoryNow } from '../stream-figures/memory.js';
import { connectNet, connectRpc, hold, serveNet, serveRpc } from './ends.js';
import type { MemoryQuestions } from './host-protocol.js';

/** The entry of both processes of the memory figures. */

async function answer(request: RequestFor<MemoryQuestions>): Promise<MemoryQuestions[keyof MemoryQuestions]['answer']> {
  switch (request.name) {
    case 'serve': {
      const { kind, count } = request.question;
      const ports: number[] = [];
      while (ports.length < count) ports.push(kind === 'net' ? await serveNet() : await serveRpc());
      return { ports };
    }
    case 'connect': {
      const { kind, ports, isOneClient } = request.question;
      if (kind === 'net') await connectNet(ports);
      else await connectRpc(ports, isOneClient);
      return {};
    }
    case 'hold':
      await hold(request.question.calls);
      return {};
    case 'memory':
      return memoryNow();
    case 'close':
      return {};
  }
}

answerQuestions<MemoryQuestions>(answer);

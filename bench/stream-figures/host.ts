import type { Server } from 'mailstation';
import { answerQuestions } from '../answer-questions.js';
import type { RequestFor } from '../host-protocol.js';
import { FigureClient } from './client.js';
import type { FigureQuestions } from './host-protocol.js';
import { memoryNow } from './memory.js';
import { serve } from './server.js';

/** The entry of both processes of the figures of streams. */

let server: Server | undefined;
let client: FigureClient | undefined;

async function answer(request: RequestFor<FigureQuestions>): Promise<FigureQuestions[keyof FigureQuestions]['answer']> {
  switch (request.name) {
    case 'serve':
      server = await serve();
      return { port: server.port };
    case 'connect':
      client = await FigureClient.connect(request.question.port);
      return {};
    case 'calls':
      return started().calls(request.question.streams, request.question.ms);
    case 'breaks':
      return started().breaks(request.question.count);
    case 'slow':
      return started().slow(request.question.items);
    case 'memory':
      return memoryNow();
    case 'close':
      await client?.close();
      await server?.stop();
      return {};
  }
}

function started(): FigureClient {
  if (client === undefined) throw new Error('this process has no client');
  return client;
}

answerQuestions<FigureQuestions>(answer);

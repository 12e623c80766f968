import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { applied } from '../../../dashboard/apply.js';
import { pageText } from '../../../dashboard/page-text.js';
import type {
  CallRequest,
  Delta,
  End,
  History,
  HistoryRow,
  Problem,
  Recording,
  Snapshot,
} from '../../../dashboard/snapshot.js';
import { untilEvent } from '../../support/until.js';
import { fakeSnapshot, nextDelta } from './fake-state.js';

const ROWS: readonly HistoryRow[] = [
  ...(['rate', 'failed', 'p50', 'p95', 'p99', 'running', 'queued', 'streams', 'lag', 'busy', 'rss'] as const),
];

/** A server that speaks to the page as the dashboard does, with states that a test makes. */
export interface FakeDashboard {
  readonly url: string;
  snapshot: Snapshot;
  /** Calls that the page has made. */
  readonly calls: CallRequest[];
  /** Pages that read the stream. */
  readonly viewers: number;
  /** Streams that were opened so far. */
  readonly opened: number;
  /** Answer to all requests but that of the page itself, where it is set. */
  problem: { readonly status: number; readonly body: Problem } | undefined;
  send(delta: Delta): void;
  /** Sends the next state. */
  tick(): void;
  end(end: End): void;
  /** Breaks the streams, as a network does. */
  cut(): void;
  recording(): Recording;
  close(): Promise<void>;
}

/** Starts at a free port, or at one that was its own before. */
export async function startFakeDashboard(first: Snapshot = fakeSnapshot(), port = 0): Promise<FakeDashboard> {
  const { html, csp } = await pageText();
  const streams = new Set<ServerResponse>();
  const calls: CallRequest[] = [];
  let opened = 0;
  const recorded = { first, deltas: [] as Delta[] };

  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://page');
    if (pathname === '/')
      return answer(response, 200, html, { 'content-type': 'text/html', 'content-security-policy': csp });
    if (fake.problem !== undefined) return json(response, fake.problem.body, fake.problem.status);
    if (pathname === '/events') {
      streams.add(response);
      opened += 1;
      response.on('close', () => streams.delete(response));
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      return write(response, 'snapshot', fake.snapshot);
    }
    if (pathname === '/history') return json(response, historyOf(fake.snapshot, searchParams.get('server')));
    if (pathname === '/methods') return json(response, { format: 1, methods: METHODS });
    if (pathname === '/recording') return json(response, fake.recording());
    if (pathname === '/call') {
      const made = JSON.parse(await bodyOf(request)) as CallRequest;
      calls.push(made);
      return json(response, { format: 1, ok: true, ms: 2.5, result: { echo: made.args } });
    }
    return json(response, { format: 1, problem: 'not-found', message: 'There is no such path.' }, 404);
  });

  const fake: FakeDashboard = {
    url: '',
    snapshot: first,
    calls,
    problem: undefined,
    get opened() {
      return opened;
    },
    get viewers() {
      return streams.size;
    },
    send(delta) {
      fake.snapshot = applied(fake.snapshot, delta);
      recorded.deltas.push(delta);
      for (const stream of streams) write(stream, 'delta', delta);
    },
    tick: () => fake.send(nextDelta(fake.snapshot)),
    end(end) {
      for (const stream of streams) {
        write(stream, 'end', end);
        stream.end();
      }
    },
    cut() {
      for (const stream of streams) stream.destroy();
    },
    recording: () => ({
      ...{ format: 1, kind: 'mailstation-recording', recorded: fake.snapshot.time },
      ...{ snapshot: recorded.first, deltas: [...recorded.deltas] },
    }),
    close: async () => {
      server.close();
      server.closeAllConnections();
      await untilEvent(server, 'close', { what: 'the fake dashboard to close' });
    },
  };
  server.listen(port, '127.0.0.1');
  await untilEvent(server, 'listening', { what: 'the fake dashboard to listen' });
  return Object.assign(fake, { url: `http://127.0.0.1:${(server.address() as { port: number }).port}/` });
}

const METHODS = [
  { name: 'user.rooms.enter', parameters: [{ name: 'room' }, { name: 'seat', optional: true }], doc: 'Enters a room.' },
  { name: 'user.rooms.leave', parameters: [{ name: 'room' }] },
];

/** Five minutes of waves around the figures of now. */
function historyOf({ time, state, totals }: Snapshot, server: string | null): History {
  const now = (server === null ? totals : (state.figures[server] ?? {})) as Partial<Record<HistoryRow, number>>;
  const times = Array.from({ length: 300 }, (_, at) => time - (299 - at) * 1_000);
  const course = (row: HistoryRow, number: number) =>
    times.map((_, at) => (now[row] ?? 0) * (1 + 0.25 * Math.sin(at / (17 + 4 * number)) + 0.02 * ((at * 7) % 11)));
  const rows = Object.fromEntries(ROWS.map((row, number) => [row, course(row, number)]));
  return { format: 1, server, times, rows: rows as Record<HistoryRow, number[]> };
}

function write(stream: ServerResponse, event: string, data: unknown): void {
  stream.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
}

function json(response: ServerResponse, value: unknown, status = 200): void {
  answer(response, status, JSON.stringify(value), { 'content-type': 'application/json' });
}

function answer(response: ServerResponse, status: number, body: string, headers: Record<string, string>): void {
  response.writeHead(status, headers);
  response.end(body);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const part of request.setEncoding('utf8')) text += part;
  return text;
}

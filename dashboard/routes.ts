import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { toError } from '../lib/errors.js';
import { timeOfDay } from '../lib/timers.js';
import { ask, type FleetClient, reflectionIn } from '../observe/fleet/index.js';
import { type Entrance, unknownViewer } from './entrance.js';
import { BadRequest, type PageCalls, readCallRequest } from './page-calls.js';
import { pageText } from './page-text.js';
import { sendJson, sendProblem, sendRefusal, writeHead } from './respond.js';
import type { CourseOfFigures } from './state/history.js';
import type { Recorder } from './state/recorder.js';
import { type Viewers, writeEventsHead } from './viewers.js';

/** The parts of a dashboard that requests are answered from. */
export interface RouteParts {
  /** Begins and ends with a slash. */
  readonly basePath: string;
  readonly entrance: Entrance;
  /** Called when a browser has exchanged the token. */
  readonly onOpened: () => void;
  readonly viewers: Viewers;
  readonly course: CourseOfFigures;
  readonly recorder: Recorder;
  /** Undefined where the page may make no calls. */
  readonly calls: PageCalls | undefined;
  readonly clientOf: (server: string) => FleetClient | undefined;
}

/** Methods of one page of descriptions. */
const DESCRIBED = 200;

/** Answers the requests of the page. */
export class Routes {
  readonly #parts: RouteParts;

  constructor(parts: RouteParts) {
    this.#parts = parts;
  }

  /** True for the path of a request below the base path. */
  isOurs(path: string): boolean {
    const { basePath } = this.#parts;
    return path.startsWith(basePath) || path === basePath.slice(0, -1);
  }

  /** Answers a request below the base path. Never rejects. */
  async answer(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    try {
      const { entrance } = this.#parts;
      const refusal = entrance.checkSource(request) ?? this.#unknown(request, response, url);
      if (refusal === 'answered') return;
      if (refusal !== undefined) return sendRefusal(request, response, refusal);
      await this.#known(request, response, url);
    } catch (error) {
      if (response.headersSent) return void response.destroy();
      if (error instanceof BadRequest) sendProblem(response, error.status, error.problem, error.message);
      else sendProblem(response, 500, 'failed', `The dashboard could not answer: ${toError(error).message}`);
    }
  }

  /** Refuses a browser without the cookie. A browser with the token gets the cookie, and an address without the token. */
  #unknown(request: IncomingMessage, response: ServerResponse, url: URL) {
    const { entrance, basePath } = this.#parts;
    const token = url.searchParams.get('token');
    const isPage = request.method === 'GET' && url.pathname === basePath;
    const cookie =
      isPage && token !== null ? entrance.exchange(token, (request.socket as TLSSocket).encrypted === true) : undefined;
    const isKnown = entrance.knows(request);
    if (cookie === undefined && !isKnown) return unknownViewer(token);
    if (cookie !== undefined) this.#parts.onOpened();
    if (!isPage || token === null) return undefined;
    // The address in the history of the browser, and in the Referer of what comes next, has no token.
    const more = { Location: basePath, ...(cookie !== undefined && { 'Set-Cookie': cookie }) };
    writeHead(response, 303, 'text/plain; charset=utf-8', more);
    response.end();
    return 'answered' as const;
  }

  async #known(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const { basePath } = this.#parts;
    const route = url.pathname.slice(basePath.length);
    if (`${url.pathname}/` === basePath) {
      writeHead(response, 308, 'text/plain; charset=utf-8', { Location: basePath });
      return void response.end();
    }
    if (route === 'call') return this.#call(request, response);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      const more = { Allow: 'GET' };
      const problem = { format: 1, problem: 'not-allowed', message: 'This address is only read: use GET.' };
      return sendJson(response, 405, problem, more);
    }
    if (route === '') return sendPage(response);
    if (route === 'events' && request.method === 'GET') return this.#parts.viewers.add(response);
    if (route === 'events') {
      writeEventsHead(response);
      return void response.end();
    }
    if (route === 'history') return sendJson(response, 200, this.#parts.course.history(one(url, 'server')));
    if (route === 'methods') return this.#describe(response, url);
    if (route === 'recording') return this.#record(response);
    sendProblem(response, 404, 'not-found', 'The dashboard has nothing at this address.');
  }

  async #call(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'POST') {
      const message = 'A call is made by POST.';
      return sendJson(response, 405, { format: 1, problem: 'not-allowed', message }, { Allow: 'POST' });
    }
    const { calls } = this.#parts;
    if (calls === undefined) {
      const message =
        'This dashboard only shows. To make calls from the page, start it with allowCalls: true, or on the command line with --allow-calls.';
      return sendProblem(response, 403, 'not-allowed', message);
    }
    sendJson(response, 200, await calls.call(await readCallRequest(request)));
  }

  async #describe(response: ServerResponse, url: URL): Promise<void> {
    const server = one(url, 'server') ?? '';
    const client = this.#parts.clientOf(server);
    if (client === undefined)
      return sendProblem(response, 404, 'not-found', 'The dashboard knows no server of this id.');
    const [prefix, after] = [one(url, 'prefix'), one(url, 'after')];
    const request = {
      limit: DESCRIBED,
      ...(prefix !== undefined && { prefix }),
      ...(after !== undefined && { after }),
    };
    try {
      const report = reflectionIn(await ask(client, server, 'reflection', 'describe', request));
      if (report === undefined) throw new Error('the answer is in a form that this version does not know');
      sendJson(response, 200, report);
    } catch (error) {
      sendProblem(response, 502, 'unreachable', `The server did not describe its methods: ${toError(error).message}`);
    }
  }

  #record(response: ServerResponse): void {
    const parts = this.#parts.recorder.text(timeOfDay());
    if (parts === undefined) return sendProblem(response, 404, 'not-found', 'Nothing is recorded yet.');
    const day = new Date(timeOfDay()).toISOString().slice(0, 19).replaceAll(':', '-');
    const more = { 'Content-Disposition': `attachment; filename="mailstation-${day}.json"` };
    writeHead(response, 200, 'application/json; charset=utf-8', more);
    response.end(parts.join(''));
  }
}

async function sendPage(response: ServerResponse): Promise<void> {
  const { html, csp } = await pageText();
  writeHead(response, 200, 'text/html; charset=utf-8', {}, csp);
  response.end(html);
}

/** Value of a parameter; undefined for none and for an empty one. */
function one(url: URL, name: string): string | undefined {
  return url.searchParams.get(name) || undefined;
}

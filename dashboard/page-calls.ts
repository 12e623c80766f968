import type { IncomingMessage } from 'node:http';
import type { Logger } from '../lib/diagnostics.js';
import { toError } from '../lib/errors.js';
import { MAX_TIMEOUT_MS } from '../lib/options.js';
import { quoted } from '../lib/quoted.js';
import { clearTimeout, performance, setTimeout, timeOfDay } from '../lib/timers.js';
import type { Client } from '../node-client.js';
import type { FleetClient } from '../observe/fleet/index.js';
import type { CallAnswer, CallRequest, FailedCall } from './snapshot.js';
import { errorParts } from './state/calls.js';
import { valueJson } from './value-json.js';
import { isWholeClient } from './watch.js';

const MAX_BODY = 1024 * 1024;
const MAX_RESULT = 1024 * 1024;
const MAX_NAME = 1_000;
const DEFAULT_TIMEOUT = 10_000;

/** A request that cannot be carried out, with the status of the answer. */
export class BadRequest extends Error {
  readonly status: number;
  readonly problem: string;

  constructor(status: number, problem: string, message: string) {
    super(message);
    this.status = status;
    this.problem = problem;
  }
}

/** Reads the body of a `POST call`. Throws {@link BadRequest}. */
export async function readCallRequest(request: IncomingMessage): Promise<CallRequest> {
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json')
    throw new BadRequest(415, 'bad-request', 'A call needs the header Content-Type: application/json.');
  return checked(parse(await bodyOf(request)));
}

/**
 * Resolves to the text of the body. A body that is too large is read to the end and thrown away before the refusal: where the connection ends
 * while a browser sends, the browser reports a failure of the network, and not the answer. The time for a request bounds the reading.
 */
function bodyOf(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    let parts: Buffer[] = [];
    let length = 0;
    request.on('data', (part: Buffer) => {
      length += part.length;
      if (length <= MAX_BODY) parts.push(part);
      else parts = [];
    });
    request.on('end', () => {
      if (length <= MAX_BODY) resolve(Buffer.concat(parts).toString('utf8'));
      else reject(new BadRequest(413, 'too-large', `A call may have ${MAX_BODY} bytes at most.`));
    });
    request.on('error', reject);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new BadRequest(400, 'bad-request', `The call is no JSON: ${toError(error).message}`);
  }
}

function checked(given: unknown): CallRequest {
  const wrong = (what: string): never => {
    throw new BadRequest(
      400,
      'bad-request',
      `The call must be an object { server or serverType, method, args }: ${what}.`,
    );
  };
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return wrong('it is none');
  const { server, serverType, method, args, route, timeout } = given as Record<string, unknown>;
  const isName = (name: unknown): name is string => typeof name === 'string' && name !== '' && name.length <= MAX_NAME;
  if (!isName(method) || method.split('.').length < 3) return wrong('method must be namespace.module.method');
  if (!Array.isArray(args)) return wrong('args must be a list');
  if (
    timeout !== undefined &&
    !(Number.isInteger(timeout) && (timeout as number) > 0 && (timeout as number) <= MAX_TIMEOUT_MS)
  )
    return wrong('timeout must be an integer of ms');
  const rest = { method, args, ...(timeout !== undefined && { timeout: timeout as number }) };
  if (isName(server)) return { ...rest, server };
  return isName(serverType) ? { ...rest, serverType, route } : wrong('neither server nor serverType is a name');
}

/** Makes calls for viewers. */
export class PageCalls {
  readonly #clientOf: (server: string) => FleetClient | undefined;
  readonly #clients: readonly FleetClient[];
  readonly #logger: Logger;

  /** `clientOf`: the client that knows the server. */
  constructor(clients: readonly FleetClient[], clientOf: (server: string) => FleetClient | undefined, logger: Logger) {
    this.#clients = clients;
    this.#clientOf = clientOf;
    this.#logger = logger;
  }

  /** Resolves to the text of a {@link CallAnswer}, also where the call has failed. Rejects with {@link BadRequest} where no call can be made. */
  async call(request: CallRequest): Promise<string> {
    const { method, args, timeout = DEFAULT_TIMEOUT } = request;
    const { client, server } = await this.#target(request);
    this.#logger.info(`mailstation: a viewer of the dashboard calls ${quoted(method)} on ${quoted(server)}`);
    const [namespace = '', ...names] = method.split('.');
    const message = { namespace, service: names.slice(0, -1).join('.'), method: names.at(-1) ?? '', args: [...args] };
    const from = performance.now();
    const took = (): number => Math.round((performance.now() - from) * 10) / 10;
    try {
      const result = await within(client.rpcInvoke(server, message), timeout);
      const json = valueJson(result);
      const answer = { format: 1, ok: true, ms: took() };
      if (json.length <= MAX_RESULT) return `${JSON.stringify(answer).slice(0, -1)},"result":${json}}`;
      throw new BadRequest(
        413,
        'too-large',
        `The result has ${json.length} characters, and the page shows ${MAX_RESULT} at most.`,
      );
    } catch (error) {
      if (error instanceof BadRequest) throw error;
      const answer: CallAnswer = {
        format: 1,
        ok: false,
        ms: took(),
        error: failedCall(toError(error), server, method),
      };
      return JSON.stringify(answer);
    }
  }

  async #target({ server, serverType = '', route }: CallRequest): Promise<{ client: FleetClient; server: string }> {
    if (server !== undefined) {
      const client = this.#clientOf(server);
      if (client === undefined)
        throw new BadRequest(404, 'not-found', `The dashboard knows no server ${quoted(server)}.`);
      return { client, server };
    }
    const types = (client: FleetClient): boolean =>
      Object.values(client.servers).some((each) => each.serverType === serverType);
    const client = this.#clients.filter(isWholeClient).find(types) as Client | undefined;
    if (client === undefined)
      throw new BadRequest(404, 'not-found', `The dashboard knows no server of the type ${quoted(serverType)}.`);
    const chosen = await client.whichServer(serverType, route).catch((error: unknown) => {
      throw new BadRequest(502, 'unreachable', `The router chose no server: ${toError(error).message}`);
    });
    return { client, server: chosen };
  }
}

function failedCall(error: Error, server: string, method: string): FailedCall {
  const { delivery = null } = error as { delivery?: FailedCall['delivery'] };
  return {
    ...{ key: 'call', time: timeOfDay(), by: 'client', server, serverType: null, method, client: null, caller: null },
    ...{ outcome: null, delivery, more: 0 },
    ...errorParts(error),
  };
}

/** The client has a deadline of its own, which may be longer. */
function within<Value>(promise: Promise<Value>, ms: number): Promise<Value> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms; the call itself goes on`)), ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

import type { CallAnswer, CallRequest, History, Problem } from '../../snapshot.js';

/** The server's own words on what is wrong with a request, or ours where it gave none. */
export class Refusal extends Error {
  readonly problem: string;

  constructor({ problem, message }: Pick<Problem, 'problem' | 'message'>) {
    super(message);
    this.problem = problem;
  }
}

/**
 * Asks the server of the page. Throws a {@link Refusal} for an answer that is no 2xx, and whatever `fetch` throws where there is no
 * answer.
 */
async function ask(path: string, init?: RequestInit): Promise<unknown> {
  const response = await fetch(path, { ...init, cache: 'no-store' });
  if (response.ok) return response.json();
  throw new Refusal(await problemOf(response));
}

async function problemOf(response: Response): Promise<Pick<Problem, 'problem' | 'message'>> {
  const text = await response.text();
  try {
    const { problem, message } = JSON.parse(text) as Partial<Problem>;
    if (typeof problem === 'string' && typeof message === 'string') return { problem, message };
  } catch {
    // An answer of a proxy is no JSON; the status says what there is to say.
  }
  const message = `The server answers with status ${response.status}. Look whether the dashboard still runs there.`;
  return { problem: `status-${response.status}`, message };
}

/** The course of one server, or of all together. */
export function askHistory(server?: string): Promise<History> {
  const query = server === undefined ? '' : `?server=${encodeURIComponent(server)}`;
  return ask(`history${query}`) as Promise<History>;
}

/** A method as a server describes it. */
export interface Described {
  readonly name: string;
  readonly parameters:
    | readonly { readonly name: string; readonly optional?: boolean; readonly rest?: boolean }[]
    | null;
  readonly streams?: boolean;
  readonly doc?: string;
}

/** The first 500 methods of a server whose names begin so. */
export async function askMethods(server: string, prefix: string): Promise<readonly Described[]> {
  const query = new URLSearchParams({ server, ...(prefix !== '' && { prefix }) });
  const { methods } = (await ask(`methods?${query}`)) as { readonly methods: readonly Described[] };
  return methods;
}

/** Makes a call from the machine of the dashboard. */
export function askCall(request: CallRequest): Promise<CallAnswer> {
  const headers = { 'content-type': 'application/json' };
  return ask('call', { method: 'POST', headers, body: JSON.stringify(request) }) as Promise<CallAnswer>;
}

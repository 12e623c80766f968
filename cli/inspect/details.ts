import type { ConnectionReport, ConnectionsReport, RecentCallsReport } from '../../index.js';
import { type Asking, ask, connectionsIn, recentCallsIn } from '../../observe/fleet/index.js';

/** Answers beyond those of a sample. Null where the server does not answer the question, as an older version does not. */
export interface Details {
  readonly callers: Omit<ConnectionsReport, 'next'> | null;
  readonly recent: RecentCallsReport | null;
}

const PAGE = 1_000;
const MAX_PAGES = 100;
/** Connections after which no further page is read. */
const MAX_CONNECTIONS = 100_000;

/** Asks a server for its callers, all pages of them, and for the last calls that failed or were slow. Never rejects. */
export async function detailsOf(client: Asking, id: string): Promise<Details> {
  const [callers, recent] = await Promise.all([orNull(callersOf(client, id)), orNull(recentOf(client, id))]);
  return { callers, recent };
}

async function callersOf(client: Asking, id: string): Promise<Details['callers']> {
  const connections: ConnectionReport[] = [];
  let after: string | undefined;
  for (let pages = 1; ; pages++) {
    const request = { limit: PAGE, ...(after !== undefined && { after }) };
    const report = connectionsIn(await ask(client, id, 'connections', 'list', request));
    if (report === undefined) return null; // in a form that this version does not know
    const { next, ...page } = report;
    for (const connection of page.connections) connections.push(connection);
    const isEnough = pages === MAX_PAGES || connections.length >= MAX_CONNECTIONS;
    if (next === undefined || next === after || isEnough) return { ...page, connections };
    after = next;
  }
}

async function recentOf(client: Asking, id: string): Promise<Details['recent']> {
  return recentCallsIn(await ask(client, id, 'calls', 'recent')) ?? null;
}

async function orNull<T>(asked: Promise<T | null>): Promise<T | null> {
  try {
    return await asked;
  } catch {
    return null; // the sample has the reason, where the server answers nothing at all
  }
}

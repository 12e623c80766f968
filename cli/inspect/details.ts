import type { ConnectionReport, ConnectionsReport, RecentCallsReport } from '../../index.js';
import { type Asking, ask } from '../../observe/fleet/index.js';

/** Answers beyond those of a sample. Null where the server does not answer the question, as an older version does not. */
export interface Details {
  readonly callers: Omit<ConnectionsReport, 'next'> | null;
  readonly recent: RecentCallsReport | null;
}

const PAGE = 1_000;
const MAX_PAGES = 100;

/** Asks a server for its callers, all pages of them, and for the last calls that failed or were slow. Never rejects. */
export async function detailsOf(client: Asking, id: string): Promise<Details> {
  const [callers, recent] = await Promise.all([
    orNull(callersOf(client, id)),
    orNull(ask(client, id, 'calls', 'recent') as Promise<RecentCallsReport>),
  ]);
  return { callers, recent };
}

async function callersOf(client: Asking, id: string): Promise<Details['callers']> {
  const connections: ConnectionReport[] = [];
  let after: string | undefined;
  for (let pages = 1; ; pages++) {
    const request = { limit: PAGE, ...(after !== undefined && { after }) };
    const { next, ...page } = (await ask(client, id, 'connections', 'list', request)) as ConnectionsReport;
    connections.push(...page.connections);
    if (next === undefined || next === after || pages === MAX_PAGES) return { ...page, connections };
    after = next;
  }
}

async function orNull<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch {
    return null; // the sample has the reason, where the server answers nothing at all
  }
}

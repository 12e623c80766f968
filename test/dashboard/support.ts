import assert from 'node:assert/strict';
import { type IncomingHttpHeaders, request } from 'node:http';
import type { TestContext } from 'node:test';
import { createDashboard, type Dashboard } from '../../dashboard/dashboard.js';
import type { DashboardOptions } from '../../dashboard/options.js';
import type { Delta, End, Snapshot } from '../../dashboard/snapshot.js';
import { keptLog } from '../behaviour/support.js';

/** An answer over a real connection. */
export interface Got {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A started dashboard of the options, which is stopped when the test is over. */
export async function dashboardOf(
  t: Pick<TestContext, 'after'>,
  options: DashboardOptions,
): Promise<{ readonly dashboard: Dashboard; readonly lines: string[]; readonly base: string }> {
  const { logger, lines } = keptLog();
  const dashboard = createDashboard({ interval: 100, logger, ...options });
  t.after(() => dashboard.stop());
  await dashboard.start();
  return { dashboard, lines, base: dashboard.url.replace(/\?.*/, '') };
}

/** Sends a request whose headers are as given: fetch would set those that are tested here. */
export function ask(url: string, { method = 'GET', headers = {}, body }: Asked = {}): Promise<Got> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
      });
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Exchanges the token of an address for the header of the cookie. */
export async function cookieOf(url: string): Promise<Record<string, string>> {
  const { status, headers } = await ask(url);
  assert.equal(status, 303);
  return { cookie: headers['set-cookie']?.[0]?.split(';')[0] ?? assert.fail('no cookie') };
}

/** Event of a stream. */
export type Event =
  | { readonly name: 'snapshot'; readonly data: Snapshot }
  | { readonly name: 'delta'; readonly data: Delta }
  | { readonly name: 'end'; readonly data: End };

/** Events of a viewer. Ends with the stream, or when the loop over the events is left. */
export async function* eventsOf(base: string, headers: Readonly<Record<string, string>>): AsyncGenerator<Event> {
  const leaving = new AbortController();
  const response = await fetch(`${base}events`, { headers, signal: leaving.signal });
  assert.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  let text = '';
  const decoder = new TextDecoder();
  try {
    for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += decoder.decode(part, { stream: true });
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const [, name] = /^event: (\w+)$/m.exec(block) ?? [];
        const [, data] = /^data: (.*)$/m.exec(block) ?? [];
        if (name !== undefined && data !== undefined) yield { name, data: JSON.parse(data) } as Event;
      }
    }
  } finally {
    leaving.abort();
  }
}

/** The first snapshot of a new viewer that fits. */
export async function stateWith(
  base: string,
  headers: Readonly<Record<string, string>>,
  fits: (snapshot: Snapshot) => boolean,
): Promise<Snapshot> {
  const { applied } = await import('../../dashboard/apply.js');
  let snapshot: Snapshot | undefined;
  for await (const event of eventsOf(base, headers)) {
    if (event.name === 'snapshot') snapshot = event.data;
    else if (event.name === 'delta' && snapshot !== undefined) snapshot = applied(snapshot, event.data);
    if (snapshot !== undefined && fits(snapshot)) return snapshot;
  }
  return assert.fail('the stream has ended before');
}

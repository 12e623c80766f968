import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { Snapshot } from '../../../dashboard/snapshot.js';
import { whyNoBrowser } from '../../browser/chromium.js';
import { type DashboardBrowser, type DashboardPage, launchPages } from './browser.js';
import { type FakeDashboard, startFakeDashboard } from './fake-dashboard.js';
import { failedCall, fakeSnapshot } from './fake-state.js';

const skip = whyNoBrowser();

interface Clipboard {
  readonly clipboard: { readText(): Promise<string> };
}
declare const navigator: Clipboard;

/** The part of an element that a test reads in the page. */
interface Element {
  readonly textContent: string;
  getAttribute(name: string): string | null;
  querySelectorAll(selector: string): Iterable<Element>;
}
declare let dots: number;
declare const Path2D: { readonly prototype: { arc(...place: number[]): void } };
declare const document: Pick<Element, 'querySelectorAll'>;

describe('the views of the dashboard', { skip }, () => {
  let browser: DashboardBrowser;
  let fake: FakeDashboard;
  let page: DashboardPage;

  before(async () => {
    browser = await launchPages();
    fake = await startFakeDashboard();
    page = await browser.open(fake.url);
  });
  after(async () => {
    assert.deepEqual(page.errors, []);
    assert.deepEqual(await page.violations(), []);
    await browser.close();
    await fake.close();
  });
  beforeEach(async () => {
    await go('overview');
    await page.live();
  });

  const go = (view: string) =>
    page.raw.evaluate((hash) => void Object.assign(globalThis, { location: hash }), `#/${view}`);
  const copied = async () => JSON.parse(await page.raw.evaluate(() => navigator.clipboard.readText())) as unknown;
  const rows = () => page.texts('main tbody th');

  it('shows the figures of all servers, and follows them', async () => {
    const { totals } = fake.snapshot;
    await page.shows('.figures', new RegExp(`Calls/s\\s+${Math.round(totals.rate).toLocaleString('en')}`));
    fake.tick();
    await page.shows(
      '.figures',
      new RegExp(`Calls/s\\s+${Math.round(fake.snapshot.totals.rate).toLocaleString('en')}`),
    );
    assert.deepEqual(await page.texts('.chart h3'), ['Calls a second', 'Latency', 'In flight, waiting, streams']);
    const pictures = await page.raw.evaluate(() =>
      [...document.querySelectorAll('.plot')].map((each) => each.getAttribute('aria-label')),
    );
    assert.match(pictures[0] ?? '', /^Calls a second over 5 minutes\. ended: most [\d,]+/);
  });

  it('draws a dot for a sample without neighbours, which is no line', async () => {
    await page.raw.evaluate(() => {
      const { arc } = Path2D.prototype;
      Object.assign(globalThis, { dots: 0 });
      Path2D.prototype.arc = function (...place: number[]) {
        dots += 1;
        arc.apply(this, place);
      };
    });
    for (const p50 of [null, 3, null]) {
      const { seq, time, totals } = fake.snapshot;
      const next = { ...totals, p50, p95: p50, p99: p50 };
      fake.send({ format: 1, seq: seq + 1, time: time + 1_000, totals: next, set: {}, gone: {} });
    }
    await page.raw.waitForFunction(() => dots >= 3, undefined, { timeout: 30_000 });
  });

  it('says which servers and mailboxes need a look, and what has changed', async () => {
    await page.shows('main', /match-3\s+not serving\s+the database is down/);
    await page.shows('main', /store-2\s+unreachable\s+Nobody listens/);
    await page.shows('main', /chat-2 has joined/);
  });

  it('lists a server that joins, and marks one whose health changes by a word', async () => {
    await go('servers');
    await page.shows('table', /chat-1/);
    const { 'chat-1': old, ...others } = fake.snapshot.state.servers;
    assert.ok(old !== undefined && others !== undefined);
    const { seq, time, totals } = fake.snapshot;
    const joined = { ...old, key: 'chat-99', id: 'chat-99' };
    const servers = { 'chat-99': joined, 'chat-1': { ...old, status: 'draining' as const } };
    fake.send({ format: 1, seq: seq + 1, time: time + 1_000, totals, set: { servers }, gone: {} });
    await page.shows('table', /chat-99/);
    await page.shows('main tbody tr', /chat-1\s+chat\s+draining/);
    fake.send({
      format: 1,
      seq: seq + 2,
      time: time + 2_000,
      totals,
      set: { servers: { 'chat-1': old } },
      gone: { servers: ['chat-99'] },
    });
    await page.shows('main tbody tr', /chat-1\s+chat\s+serving/);
    assert.ok(!(await rows()).includes('chat-99'));
  });

  it('sorts a table by each column, and says so', async () => {
    await go('servers');
    await page.shows('th[aria-sort=ascending]', /Server/);
    assert.deepEqual((await rows()).slice(0, 4), ['chat-1', 'chat-2', 'chat-3', 'chat-4']);
    await page.raw.click('thead th:nth-child(4) button');
    await page.shows('th[aria-sort=descending]', /Calls\/s/);
    const byRate = Object.entries(fake.snapshot.state.figures).sort(
      ([, one], [, other]) => (other.rate ?? 0) - (one.rate ?? 0),
    );
    assert.equal((await rows())[0], byRate[0]?.[0]);
    await page.raw.click('thead th:nth-child(4) button');
    await page.shows('th[aria-sort=ascending]', /Calls\/s/);
    assert.equal((await rows())[0], byRate.at(-1)?.[0]);
  });

  it('finds by a key, and says where there is nothing', async () => {
    await go('servers');
    await page.shows('table', /gate-1/);
    await page.press('/');
    await page.raw.keyboard.type('GATE-');
    await page.shows('main tbody', /^gate-1 gate(?!.*chat)/);
    await page.raw.keyboard.type('nowhere');
    await page.shows('main', /No server has “gate-nowhere” in its id/);
    await page.press('Escape');
    await page.shows('table', /chat-1/);
  });

  it('shows a server with its methods, charts and failed calls, and copies each as JSON', async () => {
    await go('servers/chat-1');
    await page.shows('aside', /Server\s+chat-1/);
    await page.shows('aside', /tcp:\/\/host-1:7000/);
    await page.shows('aside', /Versions\s+mailstation 0\.1\.0, Node v22\.1\.0/);
    await page.shows('aside', /Uptime\s+1 h/);
    await page.shows('aside', /user\.rooms\.enter/);
    await page.raw.click('aside footer button');
    await page.shows('.toast', /Copied the server as JSON/);
    const { id, figures, methods } = (await copied()) as { id: string; figures: unknown; methods: unknown[] };
    assert.equal(id, 'chat-1');
    assert.deepEqual(figures, fake.snapshot.state.figures['chat-1']);
    assert.equal(methods.length, 6);
  });

  it('copies what a search has left of a table', async () => {
    await go('servers');
    await page.raw.fill('input[type=search]', 'store-');
    await page.shows('main tbody', /store-1/);
    await page.raw.click('main footer button');
    await page.shows('.toast', /Copied the servers as JSON/);
    const servers = (await copied()) as readonly { serverType: string }[];
    assert.ok(servers.length > 2 && servers.every(({ serverType }) => serverType === 'store'));
    await page.raw.fill('input[type=search]', '');
  });

  it('shows a method at each of its servers, and its codes', async () => {
    await go(`methods/${encodeURIComponent('chat user.rooms.enter')}`);
    await page.shows('aside', /ERR_RPC_REMOTE\s+3/);
    for (const server of ['chat-1', 'chat-2', 'chat-3', 'chat-4']) await page.shows('aside table', new RegExp(server));
  });

  it('shows the mailboxes with their states and reasons', async () => {
    await go('mailboxes');
    await page.raw.fill('input[type=search]', 'ejected');
    await page.shows('main tbody', /match-3/);
    await page.raw.click('main tbody th a');
    await page.shows('aside', /Mailbox\s+ejected/);
    await page.shows('aside', /Reason\s+connect ECONNREFUSED/);
    await page.raw.fill('input[type=search]', '');
  });

  it('shows a failed call with its explanation, delivery, stages and timing; a new one comes on top', async () => {
    await go('errors/e1');
    await page.shows('aside', /Failed call\s+ERR_RPC_TIMEOUT/);
    for (const text of [
      /the room is full/,
      /The method has thrown an error\. Look at/,
      /unknown: the method may have run/,
    ])
      await page.shows('aside', text);
    await page.shows('aside .stages', /in the queue of the server server\s+12 ms/);
    await page.shows('aside', /the event loop of the server was blocked for 20 ms/);
    const { seq, time, totals } = fake.snapshot;
    const call = { ...failedCall('e9', time, 0), method: 'user.new.failure' };
    fake.send({ format: 1, seq: seq + 1, time: time + 1_000, totals, set: { errors: { e9: call } }, gone: {} });
    await page.shows('main tbody tr', /user\.new\.failure/);
  });

  it('sorts the failed calls of all servers by their time, also when the head is clicked', async () => {
    await go('errors');
    await page.shows('th[aria-sort=descending]', /Time/);
    const { seq, time, totals, state } = fake.snapshot;
    const oldest = Math.min(...Object.values(state.errors).map((each) => each.time)) - 60_000;
    const call = { ...failedCall('f0', oldest), method: 'user.old.failure' };
    fake.send({ format: 1, seq: seq + 1, time: time + 1_000, totals, set: { errors: { f0: call } }, gone: {} });
    await page.shows('main tbody tr:last-child', /user\.old\.failure/);
    await page.raw.click('thead th:first-child button');
    await page.shows('th[aria-sort=ascending]', /Time/);
    await page.shows('main tbody tr:first-child', /user\.old\.failure/);
    fake.send({ format: 1, seq: seq + 2, time: time + 2_000, totals, set: {}, gone: { errors: ['f0'] } });
  });

  it('leads from a failed and from a slow call to its method, server and mailbox, and not to what is gone', async () => {
    const linksOf = (method: string): Promise<unknown> =>
      page.raw.evaluate((text) => {
        const rows = [...document.querySelectorAll('main tbody tr')];
        const row = rows.find(({ textContent }) => textContent.includes(text));
        const links = [...(row?.querySelectorAll('td a[href]') ?? [])];
        return links.map((link) => [link.getAttribute('href')?.split('/')[1], link.textContent]);
      }, method);
    const ends = [
      ['servers', 'chat-1'],
      ['mailboxes', 'host-1/6000'],
    ];
    for (const [view, method] of [
      ['slow', 'user.scores.top'],
      ['errors', 'user.rooms.enter'],
    ] as const) {
      await go(view);
      await page.shows('main tbody', new RegExp(method));
      assert.deepEqual(await linksOf(method), [['methods', method], ...ends]);
    }
    assert.deepEqual(await linksOf('user.new.failure'), ends);
    await page.raw.click('main tbody td a[href^="#/servers/"]');
    await page.shows('aside', /Server\s+chat-1/);
  });

  it('draws the stages of slow calls as bars', async () => {
    await go('slow/s3');
    await page.shows('aside', /Took\s+960 ms/);
    const [label] = await page.raw.evaluate(() =>
      [...document.querySelectorAll('td .bar')].map((each) => each.getAttribute('aria-label')),
    );
    assert.equal(label, 'on the way to the server 96 ms, in the queue of the server 288 ms, in the method 576 ms');
  });

  it('shows the open streams of each server', async () => {
    await go('streams');
    await page.shows('main', /Open streams\s+open \d+/);
    const streaming = Object.values(fake.snapshot.state.figures).filter(({ streams }) => (streams ?? 0) > 0);
    await page.shows('.halves > :last-child tbody', /\d/);
    assert.equal((await page.texts('.halves > :last-child tbody tr')).length, streaming.length);
  });

  it('draws the topology, selects a node, and shows its details', async () => {
    await go('topology');
    await page.shows('.picture', /host-1/);
    const texts = await page.texts('.picture .node title');
    assert.ok(texts.some((each) => each.startsWith('server store-1, leads, term 4')));
    assert.ok(texts.some((each) => each.startsWith('server store-1 (host-5/9000), standby')));
    await page.raw.click('.picture .node[aria-label^="server chat-2"]');
    await page.shows('aside', /Server\s+chat-2/);
    await page.raw.click('.picture .node[aria-label^="machine host-1"]');
    await page.shows('aside', /Machine\s+host-1/);
    await page.raw.click('.picture .node[aria-label^="mailbox"]');
    await page.shows('aside', /Mailboxes\s+\w+/);
    await page.raw.click('.picture .node[aria-label^="type chat"]');
    await page.shows('aside', /Server type\s+chat/);
    await page.raw.click('.picture .node[aria-label^="client web-2"]');
    await page.shows('aside', /has the mailboxes that the processes of its machine share/);
  });

  it('holds a state while paused, and goes on with the newest', async () => {
    await page.raw.click('.buttons button');
    await page.shows('.pill', /^paused$/);
    const held = await page.text('.figures');
    fake.tick();
    fake.tick();
    assert.equal(await page.text('.figures'), held);
    await page.raw.click('.buttons button');
    await page.shows(
      '.figures',
      new RegExp(`Calls/s\\s+${Math.round(fake.snapshot.totals.rate).toLocaleString('en')}`),
    );
  });

  it('makes a call and shows its answer, and says what is wrong in the form', async () => {
    await go('call/chat-1');
    await page.shows('form', /Server/);
    await page.raw.fill('input[name=method]', 'user.rooms.enter');
    await page.shows('form .hint', /user\.rooms\.enter\(room, seat\?\) Enters a room\./);
    await page.raw.fill('textarea', '{"no": "list"}');
    await page.raw.click('form button[type=submit]');
    await page.shows('form [role=alert]', /The arguments are no JSON list/);
    await page.raw.fill('textarea', '["blue", 7]');
    await page.raw.click('form button[type=submit]');
    await page.shows('form pre', /"blue",\s+7/);
    assert.deepEqual(fake.calls, [{ server: 'chat-1', method: 'user.rooms.enter', args: ['blue', 7] }]);
  });

  it('says that servers which do not count are missing in the rates', async () => {
    const { seq, time, totals, state } = fake.snapshot;
    const { 'chat-1': counting } = state.servers;
    assert.ok(counting !== undefined && !(await page.text('main')).includes('do not count'));
    const send = (step: number, server: typeof counting) =>
      fake.send({
        format: 1,
        seq: seq + step,
        time: time + step * 1_000,
        totals,
        set: { servers: { 'chat-1': server } },
        gone: {},
      });
    send(1, { ...counting, counting: false });
    await page.shows('main', /1 of 13 servers do not count their calls, .* callStats: true/);
    send(2, counting);
    await page.shows('main', /^(?!.*do not count)/);
  });

  it('says what the state leaves out', async () => {
    const { seq, time, totals, about } = fake.snapshot;
    fake.send({
      format: 1,
      seq: seq + 1,
      time: time + 1_000,
      totals,
      about: { ...about, left: { methods: 9_500, links: 2 } },
      set: {},
      gone: {},
    });
    await page.shows('main', /Left out, since there are too many to show: 9,500 methods, 2 mailboxes\./);
  });

  it('has no form for calls where they are not allowed', async () => {
    const first: Snapshot = fakeSnapshot();
    const other = await startFakeDashboard({ ...first, about: { ...first.about, allowCalls: false } });
    const readOnly = await browser.open(`${other.url}#/call/chat-1`);
    try {
      await readOnly.live();
      await readOnly.shows('main', /Calls from this page are off/);
      assert.ok(!(await readOnly.texts('nav a')).includes('Call'));
    } finally {
      await readOnly.close();
      await other.close();
    }
  });
});

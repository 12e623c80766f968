import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { whyNoBrowser } from '../../browser/chromium.js';
import { type DashboardBrowser, type DashboardPage, launchPages } from './browser.js';
import { type FakeDashboard, startFakeDashboard } from './fake-dashboard.js';
import { fakeSnapshot } from './fake-state.js';

const skip = whyNoBrowser();
const STATES = 8;

/**
 * Upper bound of the processor time for one state, twice the 5 % of a core that are meant at a state a second: on a machine with other work the
 * same instructions take longer. `npm run bench:dashboard` has the figures.
 */
const MOST_MS = 100;

declare const document: {
  querySelector(selector: string): { scrollIntoView(): void; readonly textContent: string } | null;
};

describe('the page with 200 servers', { skip }, () => {
  let browser: DashboardBrowser;
  let fake: FakeDashboard;
  let page: DashboardPage;
  before(async () => {
    browser = await launchPages();
    fake = await startFakeDashboard(fakeSnapshot({ servers: 200, clients: 60, methods: 7 }));
    page = await browser.open(fake.url);
    await page.live();
  });
  after(async () => {
    await browser.close();
    await fake.close();
  });

  const go = (view: string) =>
    page.raw.evaluate((hash) => void Object.assign(globalThis, { location: hash }), `#/${view}`);
  const next = async () => {
    fake.tick();
    const { time } = fake.snapshot;
    const shown = await page.raw.evaluate((ms) => new Date(ms).toTimeString().slice(0, 8), time);
    await page.shows('.title time', new RegExp(`^${shown}$`));
  };

  for (const view of ['overview', 'topology', 'servers', 'mailboxes'])
    it(`takes ${MOST_MS} ms of processor time at most for a state in the view ${view}`, async () => {
      await go(view);
      await next();
      const before = await page.metrics();
      for (let at = 0; at < STATES; at += 1) await next();
      const after = await page.metrics();
      const ms = (1_000 * ((after['TaskDuration'] ?? 0) - (before['TaskDuration'] ?? 0))) / STATES;
      assert.ok(ms <= MOST_MS, `${ms.toFixed(1)} ms`);
      assert.ok(ms > 0.1, 'the figures were drawn');
    });

  it('draws a row that was out of sight with the newest figures once it is seen', async () => {
    await go('servers');
    await next();
    const last = () => page.text('main tbody tr:last-child');
    const { 'store-50': figures } = fake.snapshot.state.figures;
    assert.ok(figures !== undefined);
    await next();
    const newest = Math.round(fake.snapshot.state.figures['store-50']?.rate ?? 0).toLocaleString('en');
    assert.match(await last(), /^store-50 store/);
    assert.doesNotMatch(await last(), new RegExp(` ${newest} `), 'the row is out of sight, and was not drawn again');
    await page.raw.evaluate(() => document.querySelector('main tbody tr:last-child')?.scrollIntoView());
    await page.shows('main tbody tr:last-child', new RegExp(` ${newest} `));
    assert.equal(fake.opened, 1, 'no new stream has drawn all rows anew');
    await next();
    const now = Math.round(fake.snapshot.state.figures['store-50']?.rate ?? 0).toLocaleString('en');
    await page.shows('main tbody tr:last-child', new RegExp(` ${now} `));
  });

  it('draws each server of a large type as a mark that can be selected', async () => {
    await go('topology');
    await page.shows('.picture', /host-1/);
    assert.equal((await page.texts('.picture .node .cell')).length, 201);
    await page.raw.click('.picture .node[aria-label^="server match-3,"]');
    await page.shows('aside', /Server match-3/);
    await page.shows('aside', /the database is down/);
    await page.raw.click('.tools label:last-child input');
    await page.shows('.picture', /match-17/);
  });
});

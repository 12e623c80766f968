import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { whyNoBrowser } from '../../browser/chromium.js';
import { until } from '../../support/until.js';
import { type DashboardBrowser, launchPages } from './browser.js';
import { startFakeDashboard } from './fake-dashboard.js';

const skip = whyNoBrowser();

describe('the page and its server', { skip }, () => {
  let browser: DashboardBrowser;
  before(async () => {
    browser = await launchPages();
  });
  after(() => browser.close());

  it('says since when the connection is lost, keeps the figures, and connects again by itself', async () => {
    const fake = await startFakeDashboard();
    const page = await browser.open(fake.url);
    await page.live();
    await fake.close();
    await page.shows('.pill', /^connection lost$/);
    await page.shows('.banner', /Connection lost since \d\d:\d\d:\d\d\. The figures are those of that moment/);
    await page.shows('.figures', /Calls\/s\s+[\d,]+/);
    const again = await startFakeDashboard(fake.snapshot, Number(new URL(fake.url).port));
    await page.live();
    assert.equal(await page.text('.banner'), '');
    again.tick();
    await page.shows(
      '.figures',
      new RegExp(`Calls/s\\s+${Math.round(again.snapshot.totals.rate).toLocaleString('en')}`),
    );
    assert.deepEqual(page.errors, []);
    await page.close();
    await again.close();
  });

  it('begins anew where a state was missed', async () => {
    const fake = await startFakeDashboard();
    const page = await browser.open(fake.url);
    await page.live();
    const pill = await page.watch('.pill');
    const { seq, time } = fake.snapshot;
    const totals = { ...fake.snapshot.totals, rate: 4_321 };
    fake.snapshot = { ...fake.snapshot, seq: seq + 5, totals };
    fake.send({ format: 1, seq: seq + 6, time: time + 6_000, totals, set: {}, gone: {} });
    await page.shows('.figures', /Calls\/s\s+4,321/);
    assert.deepEqual([...new Set(await pill())], ['live'], 'the page does not wait until it misses the states');
    assert.equal(fake.opened, 2);
    assert.deepEqual(page.errors, []);
    await page.close();
    await fake.close();
  });

  it('says what to do about an old token, and is back once the server admits it', async () => {
    const fake = await startFakeDashboard();
    const message = 'The token is not the one of this dashboard.';
    fake.problem = { status: 401, body: { format: 1, problem: 'wrong-token', message } };
    const page = await browser.open(fake.url);
    await page.shows('.pill', /^refused$/);
    await page.shows(
      '.banner',
      /The token is not the one of this dashboard\. The token is of an earlier start .* Open the address/,
    );
    fake.problem = undefined;
    await page.raw.click('.banner button');
    await page.live();
    await page.close();
    await fake.close();
  });

  it('says that the dashboard has stopped, and does not come back on its own where there are too many viewers', async () => {
    const fake = await startFakeDashboard();
    const page = await browser.open(fake.url);
    await page.live();
    fake.end({ format: 1, reason: 'full', message: 'Another page has taken the place of this one.' });
    await page.shows('.banner', /Ended at \d\d:\d\d:\d\d: Another page has taken the place of this one\./);
    await until(() => fake.viewers === 0, { what: 'the stream to end' });
    await page.raw.click('.banner button');
    await page.live();
    await page.close();
    await fake.close();
  });

  it('exports a recording, and opens it with the server gone', async () => {
    const fake = await startFakeDashboard();
    const page = await browser.open(`${fake.url}#/servers`);
    await page.live();
    for (let at = 0; at < 5; at += 1) fake.tick();
    const exported = await page.raw.evaluate(async () => (await fetch('recording')).text());
    const recorded = fake.recording();
    assert.deepEqual(JSON.parse(exported), JSON.parse(JSON.stringify(recorded)));
    await fake.close();
    await page.shows('.pill', /^connection lost$/);

    const file = { name: 'night.json', mimeType: 'application/json', buffer: Buffer.from(exported) };
    await page.raw.setInputFiles('input[type=file]', file);
    await page.shows('.pill', /^recording$/);
    await page.shows('.banner', /night\.json/);
    assert.equal((await page.texts('.banner.bad')).length, 0, 'a recording needs no connection');
    const rateAt = (step: number) => Math.round(recorded.deltas[step]?.set.figures?.['chat-1']?.rate ?? 0);
    const row = (rate: number) => new RegExp(`chat-1\\s+chat\\s+serving\\s+${rate}\\s`);
    await page.shows('main tbody tr', row(rateAt(4)));
    await page.raw.evaluate(() => document.querySelector<{ focus(): void }>('input[type=range]')?.focus());
    await page.press('ArrowLeft', 'ArrowLeft');
    await page.shows('main tbody tr', row(rateAt(2)));
    await page.press('Home');
    await page.shows('main tbody tr', row(Math.round(recorded.snapshot.state.figures['chat-1']?.rate ?? 0)));
    await page.raw.evaluate(() => void Object.assign(globalThis, { location: '#/servers/chat-1' }));
    await page.shows('aside', /Calls a second/);
    await page.raw.click('.recording button');
    await page.shows('.pill', /^connection lost$/);

    await page.raw.setInputFiles('input[type=file]', { ...file, name: 'notes.json', buffer: Buffer.from('[]') });
    await page.shows('.toast', /notes\.json cannot be opened: the file is no recording of this dashboard/);
    assert.deepEqual(page.errors, []);
    assert.deepEqual(await page.violations(), []);
    await page.close();
  });
});

declare const document: { querySelector<Found>(selector: string): Found | null };

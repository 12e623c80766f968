import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { call, failure, serve } from '../behaviour/support.js';
import { whyNoBrowser } from '../browser/chromium.js';
import { spawnProcess } from '../support/spawn-process.js';
import { type DashboardBrowser, type DashboardPage, launchPages } from './page/browser.js';
import { dashboardOf } from './support.js';

const skip = whyNoBrowser();
const PROCESS = new URL('../behaviour/fixtures/server-process.ts', import.meta.url);

describe('the dashboard in a browser', { skip }, () => {
  let browser: DashboardBrowser;
  before(async () => {
    browser = await launchPages();
  });
  after(() => browser.close());

  const go = (page: DashboardPage, view: string) =>
    page.raw.evaluate((hash) => void Object.assign(globalThis, { location: hash }), `#/${view}`);

  /** Nothing in the page was refused by its own policy, and nothing has failed in it. */
  const end = async (page: DashboardPage) => {
    assert.deepEqual([page.errors, await page.violations()], [[], []]);
    await page.close();
  };

  it('loads by the printed address, and shows a server that joins, an error and a call', async (t) => {
    const service = {
      add: (a: number, b: number) => a + b,
      fails: () => Promise.reject(new Error('the cup is empty')),
    };
    const served = await serve(t, service, { callStats: true });
    const later = await serve(t, { f: () => 1 }, { id: 'later-1', serverType: 'later' });
    const { port } = later;
    await later.server.stop();
    const { calls } = await call(t, [served], { clientId: 'gate-1' });
    await calls.add(null, 1, 2);
    const servers = [`127.0.0.1:${served.port}`, `127.0.0.1:${port}`];
    const { dashboard } = await dashboardOf(t, { servers, allowCalls: true });
    const page = await browser.open(dashboard.url);
    await page.live();
    assert.doesNotMatch(
      await page.raw.evaluate(() => (globalThis as { location?: { href: string } }).location?.href ?? ''),
      /token/,
    );

    await go(page, 'servers');
    await page.shows('table', /test-1\s+test\s+serving/);
    await serve(t, { f: () => 1 }, { id: 'later-1', serverType: 'later', port });
    await page.shows('table', /later-1\s+later\s+serving/);

    await failure(calls.fails(null));
    await go(page, 'errors');
    await page.shows('table', /REMOTE\s+user\.service\.fails.*the cup is empty/);

    await go(page, 'call/test-1');
    await page.raw.fill('input[name=method]', 'user.service.add');
    await page.raw.fill('textarea[name=args]', '[40, 2]');
    await page.raw.click('form.call button[type=submit]');
    await page.shows('.outcome', /Answer after .* 42/);
    await page.raw.fill('input[name=method]', 'user.service.fails');
    await page.raw.click('form.call button[type=submit]');
    await page.shows('.outcome', /Failed after .*ERR_RPC_REMOTE/);
    await end(page);
  });

  it('shows that a Leader is killed, and that its standby leads', async (t) => {
    const { child: leader, ready } = await spawnProcess(t, PROCESS, { args: ['--id=area-1'] });
    const port = Number(ready['port']);
    const args = ['--id=area-1', `--port=${port}`, '--standby=true'];
    const { child: standby } = await spawnProcess(t, PROCESS, { args });
    const { dashboard } = await dashboardOf(t, { servers: [`127.0.0.1:${port}`] });
    const page = await browser.open(dashboard.url);
    await page.live();
    await go(page, 'servers');
    await page.shows('table', /area-1\s+test\s+leads/);
    await page.shows('table', /area-1 \(\S+\) test standby/);
    await go(page, 'overview');
    await leader.kill('SIGKILL');
    await page.shows('main', new RegExp(`/${standby.pid}(?:, which stood by,)? leads area-1`));
    await go(page, 'servers');
    await page.shows('table', /area-1\s+test\s+serving/);
    await end(page);
  });

  it('says what is missing to a browser without the token, and to one with a spent token', async (t) => {
    const served = await serve(t, { f: () => 1 });
    const { dashboard, base } = await dashboardOf(t, { servers: [`127.0.0.1:${served.port}`] });
    const { url } = dashboard;
    const stranger = await browser.open(base);
    await stranger.shows('main', /needs the address with the token/);
    const first = await browser.open(url);
    await first.live();
    const second = await browser.open(url);
    await second.shows('main', /token in this address is not valid/);
    for (const page of [stranger, first, second]) await end(page);
  });

  it('lets no other page read it or frame it', async (t) => {
    const served = await serve(t, { f: () => 1 });
    const one = await dashboardOf(t, { servers: [`127.0.0.1:${served.port}`] });
    const other = await dashboardOf(t, { servers: [`127.0.0.1:${served.port}`] });
    const page = await browser.open(one.dashboard.url);
    await page.live();
    // The policy of the page lets it ask nothing but its own origin.
    const outcome = await page.raw.evaluate(async (url) => {
      const asked = await fetch(`${url}history`).then(
        () => 'answered',
        () => 'refused',
      );
      return asked;
    }, other.base);
    assert.equal(outcome, 'refused');
    const refused = await page.violations();
    assert.ok(refused.length > 0 && refused.every((each) => each.startsWith('connect-src ')), refused.join('\n'));
    await page.close();
  });
});

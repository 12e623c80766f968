import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Server, Snapshot } from '../../../dashboard/snapshot.js';
import { whyNoBrowser } from '../../browser/chromium.js';
import { until } from '../../support/until.js';
import { type DashboardBrowser, type DashboardPage, launchPages, type Scheme } from './browser.js';
import { lowContrasts } from './contrast.js';
import { type FakeDashboard, startFakeDashboard } from './fake-dashboard.js';
import { failedCall, fakeSnapshot, START, slowCall } from './fake-state.js';

const skip = whyNoBrowser();

/** Each view, and each kind of details. */
const PLACES = [
  ...[
    'overview',
    'topology',
    'topology/server chat-1',
    'topology/machine host-1',
    'topology/type chat',
    'servers',
    'servers/chat-1',
  ],
  ...[
    'methods',
    'methods/chat user.rooms.enter',
    'mailboxes',
    'mailboxes/client-1 chat-1',
    'errors',
    'errors/e1',
    'slow',
    'slow/s2',
  ],
  ...['streams', 'call/chat-1'],
].map((place) => place.split('/').map(encodeURIComponent).join('/'));

interface Focused {
  readonly activeElement: {
    readonly tagName: string;
    readonly textContent: string;
    getAttribute(name: string): string | null;
  };
  readonly documentElement: { readonly scrollWidth: number };
  querySelector(selector: string): { readonly textContent: string } | null;
}
declare const document: Focused;
declare const innerWidth: number;
declare const location: { hash: string };

describe('the page for each of its readers', { skip }, () => {
  let browser: DashboardBrowser;
  let fake: FakeDashboard;
  before(async () => {
    browser = await launchPages();
    fake = await startFakeDashboard();
  });
  after(async () => {
    await browser.close();
    await fake.close();
  });

  const go = async (page: DashboardPage, place: string) => {
    await page.raw.evaluate((hash) => void Object.assign(location, { hash }), `#/${place}`);
    await page.shows('nav a[aria-current=page]', new RegExp(place.split('/')[0]?.slice(0, 4) ?? '', 'i'));
    if (place.includes('/') && !place.startsWith('call')) await page.shows('aside', /./);
  };
  const closed = (page: DashboardPage) =>
    page.raw.waitForFunction(() => document.querySelector('aside') === null, undefined, { timeout: 60_000 });
  const focused = (page: DashboardPage) =>
    page.raw.evaluate(() => {
      const { tagName, textContent } = document.activeElement;
      const label = document.activeElement.getAttribute('aria-label');
      return `${tagName.toLowerCase()} ${(label ?? textContent).slice(0, 60)}`;
    });

  /** Resolves when the focus is at an element that is described so. */
  const has = async (page: DashboardPage, pattern: RegExp) => {
    let last = '';
    const isThere = async () => {
      last = await focused(page);
      return pattern.test(last);
    };
    await until(isThere, { what: `the focus to be at ${pattern}` }).catch((error: unknown) => {
      throw new Error(`the focus is at “${last}”`, { cause: error });
    });
  };

  for (const scheme of ['light', 'dark'] satisfies Scheme[]) {
    it(`has a contrast of 4.5 in all texts of each view, ${scheme}`, async () => {
      const page = await browser.open(fake.url, { scheme });
      await page.live();
      for (const place of PLACES) {
        await go(page, place);
        assert.deepEqual(await page.raw.evaluate(lowContrasts), [], `${place}, ${scheme}`);
      }
      await page.close();
    });
  }

  it('never scrolls sideways at a width of 320', async () => {
    const page = await browser.open(fake.url, { width: 320, height: 640 });
    await page.live();
    for (const place of PLACES) {
      await go(page, place);
      const beyond = await page.raw.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(beyond <= 0, `${place} is ${beyond} pixels too wide`);
    }
    await page.close();
  });

  it('is used by the keyboard alone: to the content, through a table, into details and back', async () => {
    const page = await browser.open(`${fake.url}#/servers`);
    await page.live();
    await page.press('Tab');
    await has(page, /^a Skip to the content/);
    await page.press('Enter');
    await has(page, /^main /);
    assert.equal(await page.raw.evaluate(() => location.hash), '#/servers');
    await page.press('Tab');
    await has(page, /^div Servers/);
    await page.press('Tab');
    await has(page, /^button Server/);
    await page.press('Enter');
    await page.shows('th[aria-sort=descending]', /Server/);
    await page.press('Enter');
    await page.shows('th[aria-sort=ascending]', /Server/);
    while (!(await focused(page)).startsWith('a chat-1')) await page.press('Tab');
    await page.press('Enter');
    await page.shows('aside', /chat-1/);
    await has(page, /^h3 Server chat-1/);
    await page.press('Escape');
    await closed(page);
    await has(page, /^a chat-1/);
    await page.close();
  });

  it('goes from node to node of the topology by arrows, and selects by Enter', async () => {
    const page = await browser.open(`${fake.url}#/topology`);
    await page.live();
    await page.shows('.picture', /host-1/);
    assert.equal(
      (await page.texts('.picture .node[tabindex="0"]')).length,
      1,
      'one node is in the order of the Tab key',
    );
    while (!(await focused(page)).startsWith('g machine')) await page.press('Tab');
    await has(page, /^g machine host-1/);
    await page.press('ArrowDown');
    await has(page, /^g machine host-2/);
    await page.press('ArrowRight');
    await has(page, /^g client /);
    await page.press('ArrowLeft', 'ArrowUp', 'Enter');
    await page.shows('aside', /Machine\s+host-1/);
    await page.press('Escape');
    await closed(page);
    await has(page, /^g machine host-1/);
    await page.close();
  });

  it('shows the names and texts of others as texts', async () => {
    const hostile = '<img src=x onerror="window.hit=1">\u0007\u202e"\'</script>';
    const { state, ...rest } = fakeSnapshot({ servers: 4, clients: 2, methods: 2 });
    const server: Server = {
      ...(state.servers['chat-1'] as Server),
      key: hostile,
      id: hostile,
      serverType: hostile,
      reason: hostile,
      problem: hostile,
      status: hostile as never,
    };
    const odd: Server = { ...server, key: '__proto__', id: 'constructor' };
    const servers = JSON.parse(`{"__proto__":${JSON.stringify(odd)}}`) as Record<string, Server>;
    servers[hostile] = server;
    const call = {
      method: hostile,
      message: hostile,
      explained: hostile,
      code: hostile,
      caller: hostile,
      server: hostile,
    };
    const snapshot: Snapshot = {
      ...rest,
      about: { ...rest.about, from: hostile },
      state: {
        ...state,
        servers,
        machines: { [hostile]: { name: hostile } },
        methods: { [hostile]: { ...Object.values(state.methods)[0], method: hostile, serverType: hostile } as never },
        errors: {
          e1: {
            ...failedCall('e1', START),
            ...call,
            stages: [{ name: hostile, end: 'server', ms: 4 }],
            timing: [hostile],
          },
        },
        slow: { s1: { ...slowCall('s1', START), ...call, stages: [{ name: hostile, end: 'server', ms: 4 }] } },
        events: { c1: { key: 'c1', time: START, kind: 'server-joined', server: hostile, client: null, text: hostile } },
      },
    };
    const other = await startFakeDashboard(snapshot);
    const page = await browser.open(other.url);
    await page.live();
    const key = encodeURIComponent(hostile);
    const places = [
      'overview',
      'topology',
      `topology/${encodeURIComponent(`type ${hostile}`)}`,
      'servers',
      `servers/${key}`,
      'servers/__proto__',
    ];
    for (const place of [
      ...places,
      'methods',
      `methods/${key}`,
      'mailboxes',
      'errors',
      'errors/e1',
      'slow',
      'slow/s1',
      'streams',
      `call/${key}`,
    ]) {
      await go(page, place);
      const texts = await page.raw.evaluate(() => document.querySelector('main')?.textContent ?? '');
      assert.ok(!['\u0007', '\u202e'].some((each) => texts.includes(each)), place);
      assert.equal(
        await page.raw.evaluate(() => document.querySelector('img') === null && !('hit' in globalThis)),
        true,
        place,
      );
    }
    await go(page, 'servers');
    await page.shows('main tbody', /<img src=x onerror/);
    await page.shows('main', /␇\\u\{202e\}"'<\/script>/);
    await page.shows('main tbody', /constructor/);
    await go(page, 'servers/__proto__');
    await page.shows('aside', /Server\s+constructor/);
    await page.raw.evaluate(() => void Object.assign(location, { hash: '#/servers/toString' }));
    await closed(page); // an entry of that name is not there
    await page.shows('main tbody', /constructor/);
    assert.deepEqual(page.errors, []);
    assert.deepEqual(await page.violations(), []);
    await page.close();
    await other.close();
  });
});

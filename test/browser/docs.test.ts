import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { launchChromium, whyNoBrowser } from './chromium.js';
import { docsHtml, startDocsServer } from './docs-page.js';
import { openSite } from './site.js';

declare const document: { querySelector(selector: string): { readonly textContent: string } | null };

const skip = whyNoBrowser();

describe('the programs of docs/browser.md', { skip }, () => {
  it('work: the page shows what the server answers, and what it refuses', async (t) => {
    const urls: string[] = [];
    const site = await openSite(t, { html: () => docsHtml(urls[0] ?? '') });
    const server = await startDocsServer(site.origin);
    t.after(() => server.stop(true));
    urls.push(...server.urls);
    const browser = await launchChromium();
    t.after(() => browser.close());
    const page = await browser.newPage();
    const errors: Error[] = [];
    page.on('pageerror', (error) => errors.push(error));
    await page.goto(site.origin);
    await page.waitForFunction(() => document.querySelector('#refused')?.textContent);
    const shown = await page.evaluate(() =>
      ['#rooms', '#joined', '#refused'].map((selector) => document.querySelector(selector)?.textContent),
    );
    assert.deepEqual(shown.slice(0, 2), ['chessgo', 'ann is in chess']);
    assert.match(String(shown[2]), /^lobby\.rooms\.close on gate-1: /);
    assert.deepEqual(errors, []);
  });
});

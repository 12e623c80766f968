import assert from 'node:assert/strict';
import { appendFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { launchChromium, whyNoBrowser } from '../browser/chromium.js';
import { publicNames } from '../docs/public-surface.js';
import { REPOSITORY } from '../support/loader-flags.js';
import { BuiltSite } from './built-site.js';

/** The part of a page that the tests use. Its code runs in Chromium. */
interface Element {
  value: string;
  readonly href: string;
  click(): void;
  dispatchEvent(event: Event): boolean;
}
declare const document: {
  readonly documentElement: { readonly scrollWidth: number };
  querySelector(selector: string): Element | null;
};

describe('the site', () => {
  const site = new BuiltSite();
  before(() => site.install());
  after(() => site.remove());

  it('is built with every page, and with an index for the search', async () => {
    await site.build();
    const docs = readdirSync(join(REPOSITORY, 'docs')).filter((name) => name.endsWith('.md'));
    const pages = site.pages();
    const missing = docs.filter((name) => !pages.has(`/docs/${name.replace(/\.md$/, '')}`));
    assert.deepEqual(missing, []);
    assert.match(pages.get('/') ?? '', /RPC between Node\.js processes/);
    const chunks = readdirSync(join(site.folder, 'site/dist/assets/chunks'));
    assert.ok(chunks.some((name) => name.startsWith('@localSearchIndex')));
  });

  it('has links to headings that are there', () => {
    const pages = site.pages();
    const broken: string[] = [];
    let links = 0;
    for (const [from, html] of pages) {
      for (const [, address = '', anchor = ''] of html.matchAll(/href="(\/[^"#]*)?#([^"]+)"/g)) {
        links += 1;
        const page = pages.get(address === '' ? from : address);
        if (page?.includes(` id="${decodeURIComponent(anchor)}"`) !== true)
          broken.push(`${from}: ${address}#${anchor}`);
      }
    }
    assert.ok(links > 300, `${links} links`);
    assert.deepEqual(broken, []);
  });

  it('has a page of the reference for each name of the package', () => {
    const pages = [...site.pages().keys()];
    const missing = publicNames()
      .map(({ name }) => name)
      .filter((name) => !pages.some((page) => new RegExp(`^/reference/mailstation/(?:[a-z-]+/)+${name}$`).test(page)));
    assert.deepEqual(missing, []);
  });

  it('finds pages by its search, guides first, and is no wider than a telephone', {
    skip: whyNoBrowser(),
  }, async (t) => {
    const address = await site.serve(t);
    const browser = await launchChromium();
    t.after(() => browser.close());
    const page = await browser.newPage();
    await page.setViewportSize({ width: 360, height: 780 });
    const errors: Error[] = [];
    page.on('pageerror', (error) => errors.push(error));
    for (const path of ['/reference/mailstation/classes/Client', '/docs/options', '/docs/wire', '/docs/calling', '/']) {
      await page.goto(address + path);
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360, path);
    }
    await page.evaluate(() => document.querySelector('.DocSearch-Button')?.click());
    await page.waitForFunction(() => document.querySelector('.VPLocalSearchBox input'));
    await page.evaluate(() => {
      const input = document.querySelector('.VPLocalSearchBox input');
      if (input === null) return;
      input.value = 'failover';
      input.dispatchEvent(new Event('input', { bubbles: true }));
    });
    await page.waitForFunction(() => document.querySelector('.VPLocalSearchBox a.result'));
    const first = await page.evaluate(() => document.querySelector('.VPLocalSearchBox a.result')?.href);
    assert.match(String(first), /\/docs\/[a-z-]+/);
    assert.deepEqual(errors, []);
  });

  it('is not built with a link to a page that is not there', async () => {
    appendFileSync(join(site.folder, 'docs/sharing.md'), '\nSee [the rest](no-such-page.md).\n');
    await assert.rejects(site.buildPages(), (error: { stdout: string; stderr: string }) => {
      assert.match(error.stdout + error.stderr, /no-such-page/);
      assert.match(error.stdout + error.stderr, /dead link/);
      return true;
    });
  });
});

/** Writes docs/browser.png: the page of docs/browser.md in the Chromium of this machine. `npm run screenshot` */
import { ROOT } from '../architecture/house.js';
import { launchChromium } from './chromium.js';
import { docsHtml, startDocsServer } from './docs-page.js';
import { openSite } from './site.js';

declare const document: { querySelector(selector: string): { readonly textContent: string } | null };

const ends: (() => unknown)[] = [];
const urls: string[] = [];
const site = await openSite(
  { after: (end: () => unknown) => void ends.push(end) },
  { html: () => docsHtml(urls[0] ?? '') },
);
const server = await startDocsServer(site.origin);
urls.push(...server.urls);
const browser = await launchChromium();
try {
  const page = await browser.newPage();
  await page.setViewportSize({ width: 640, height: 320 });
  await page.goto(site.origin);
  await page.waitForFunction(() => document.querySelector('#refused')?.textContent);
  await page.screenshot({ path: `${ROOT}docs/browser.png` });
  console.log(`docs/browser.png, by Chromium ${browser.version()}`);
} finally {
  await browser.close();
  await server.stop(true);
  for (const end of ends) await end();
}

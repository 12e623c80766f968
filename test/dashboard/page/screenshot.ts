/** Writes the pictures of docs/dashboard.md: views of a made-up fleet, light, dark and narrow. Part of `npm run screenshot`. */
import { writeFileSync } from 'node:fs';
import { ROOT } from '../../architecture/house.js';
import { launchPages, type OpenOptions } from './browser.js';
import { startFakeDashboard } from './fake-dashboard.js';

const PICTURES: readonly (readonly [name: string, place: string, options: OpenOptions])[] = [
  ['dashboard-overview', 'overview', { width: 1_120, height: 660 }],
  ['dashboard-topology', 'topology', { width: 1_240, height: 720, scheme: 'dark' }],
  ['dashboard-error', 'errors/e2', { width: 1_260, height: 600 }],
  ['dashboard-narrow', 'servers', { width: 320, height: 700, scheme: 'dark' }],
];

const fake = await startFakeDashboard();
const browser = await launchPages();
try {
  for (const [name, place, options] of PICTURES) {
    const page = await browser.open(`${fake.url}#/${place}`, options);
    await page.live();
    await page.shows('main', /chat|Latency/);
    await page.raw.evaluate(() => document.fonts.ready.then(() => undefined));
    writeFileSync(`${ROOT}docs/${name}.webp`, await page.webp());
    console.log(`docs/${name}.webp, by Chromium ${browser.version()}`);
    await page.close();
  }
} finally {
  await browser.close();
  await fake.close();
}

declare const document: { readonly fonts: { readonly ready: Promise<unknown> } };

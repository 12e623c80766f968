/**
 * The processor time of the dashboard's page in Chromium: one view after the other, with a state a second.
 *
 *     npm run bench:dashboard -- --servers 200 --seconds 20
 *
 * `tasks` is the processor time that tasks of the page's main thread took, in percent of one core, as Chromium's own metrics have it
 * (TaskDuration in the time domain of the thread, so that other programs do not count); `script`, `layout` and `style` are parts of it.
 */
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { launchPages } from '../test/dashboard/page/browser.js';
import { startFakeDashboard } from '../test/dashboard/page/fake-dashboard.js';
import { fakeSnapshot } from '../test/dashboard/page/fake-state.js';

const { values } = parseArgs({
  options: {
    servers: { type: 'string', default: '200' },
    seconds: { type: 'string', default: '20' },
    views: { type: 'string' },
  },
});
const servers = Number(values.servers);
const seconds = Number(values.seconds);
const VIEWS = [
  'overview',
  'topology',
  'servers',
  'servers/chat-1',
  'methods',
  'mailboxes',
  'errors',
  'slow',
  'streams',
];

const fake = await startFakeDashboard(fakeSnapshot({ servers, clients: Math.round(servers * 0.3), methods: 7 }));
const browser = await launchPages();
const { state } = fake.snapshot;
const sizes = [state.links, state.serverMethods, state.methods].map((each) => Object.keys(each).length);
console.log(
  `${servers} servers, ${sizes[0]} mailboxes, ${sizes[1]} methods at servers, ${sizes[2]} methods; load ${loadavg()[0]?.toFixed(1)}`,
);
try {
  for (const view of values.views?.split(',') ?? VIEWS) {
    const page = await browser.open(`${fake.url}#/${view}`);
    await page.live();
    fake.tick();
    await sleep(2_000);
    const before = await page.metrics();
    const begin = performance.now();
    for (let at = 0; at < seconds; at += 1) {
      fake.tick();
      await sleep(1_000);
    }
    const after = await page.metrics();
    const time = (performance.now() - begin) / 1_000;
    const share = (name: string) =>
      `${((100 * ((after[name] ?? 0) - (before[name] ?? 0))) / time).toFixed(1)} %`.padStart(7);
    const heap = ((after.JSHeapUsedSize ?? 0) / 1_048_576).toFixed(0);
    console.log(
      `${view.padEnd(16)} tasks ${share('TaskDuration')}  script ${share('ScriptDuration')}  layout ${share('LayoutDuration')}  style ${share('RecalcStyleDuration')}  heap ${heap} MiB`,
    );
    await page.close();
  }
} finally {
  await browser.close();
  await fake.close();
}

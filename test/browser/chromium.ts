import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { REPOSITORY } from '../support/loader-flags.js';

/** The part of playwright-core that the tests use. */
export interface Page {
  goto(url: string): Promise<unknown>;
  evaluate<Arg, Result>(fn: (arg: Arg) => Result, arg?: Arg): Promise<Awaited<Result>>;
  waitForFunction<Arg>(fn: (arg: Arg) => unknown, arg?: Arg): Promise<unknown>;
  on(event: 'pageerror', listener: (error: Error) => void): void;
  screenshot(options: { path: string }): Promise<unknown>;
  setViewportSize(size: { width: number; height: number }): Promise<void>;
  close(): Promise<void>;
}

export interface Browser {
  newPage(): Promise<Page>;
  version(): string;
  close(): Promise<void>;
}

interface Playwright {
  readonly chromium: {
    launch(options: { executablePath: string; args: readonly string[] }): Promise<Browser>;
  };
}

/** Places of Chromium on Debian, Fedora, Arch and macOS. `CHROMIUM` names another. */
const PLACES = [
  ...['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'],
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** The Chromium of this machine; undefined where there is none. */
function chromiumPath(): string | undefined {
  return [process.env['CHROMIUM'] ?? '', ...PLACES].find((path) => path !== '' && existsSync(path));
}

/** Why the tests of pages cannot run here; false where they can. Throws where they must run: `.ci/run` sets CHROMIUM_REQUIRED. */
export function whyNoBrowser(): string | false {
  if (chromiumPath() !== undefined) return false;
  const why =
    'NO CHROMIUM: the tests of web pages do not run. Install Debian’s package chromium, or set CHROMIUM to its path';
  if (process.env['CHROMIUM_REQUIRED'] === '1') throw new Error(why);
  console.error(`\n!!! ${why}\n`);
  return why;
}

/** Starts a headless Chromium. */
export function launchChromium(args: readonly string[] = []): Promise<Browser> {
  const { chromium } = createRequire(`${REPOSITORY}package.json`)('playwright-core') as Playwright;
  const executablePath = chromiumPath();
  if (executablePath === undefined) throw new Error('there is no Chromium');
  // In a container the user is root, for whom Chromium's sandbox does not work. The pages are the tests' own.
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage', ...args] });
}

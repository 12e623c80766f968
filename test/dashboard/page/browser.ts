import { launchChromium } from '../../browser/chromium.js';

/** Colour schemes of a browser. */
export type Scheme = 'light' | 'dark';

/** The part of playwright-core's page that these tests use beside that of the other tests. */
interface RawPage {
  goto(url: string): Promise<unknown>;
  evaluate<Arg, Result>(fn: (arg: Arg) => Result, arg?: Arg): Promise<Awaited<Result>>;
  waitForFunction<Arg>(fn: (arg: Arg) => unknown, arg: Arg, options: { timeout: number }): Promise<unknown>;
  on(event: 'console', listener: (message: { type(): string; text(): string }) => void): void;
  on(event: 'pageerror', listener: (error: Error) => void): void;
  addInitScript(fn: () => void): Promise<void>;
  setViewportSize(size: { width: number; height: number }): Promise<void>;
  click(selector: string): Promise<void>;
  fill(selector: string, text: string): Promise<void>;
  selectOption(selector: string, value: string): Promise<unknown>;
  setInputFiles(selector: string, file: { name: string; mimeType: string; buffer: Buffer }): Promise<void>;
  readonly keyboard: { press(key: string): Promise<void>; type(text: string): Promise<void> };
  context(): RawContext;
  close(): Promise<void>;
}

/** The browser's own protocol. */
interface DevTools {
  send(method: 'Performance.enable', params: { timeDomain: 'threadTicks' }): Promise<unknown>;
  send(method: 'Performance.getMetrics'): Promise<{ metrics: readonly { name: string; value: number }[] }>;
  send(method: 'Page.captureScreenshot', params: { format: 'webp'; quality: number }): Promise<{ data: string }>;
}

interface RawContext {
  newPage(): Promise<RawPage>;
  grantPermissions(permissions: readonly string[]): Promise<void>;
  newCDPSession(page: RawPage): Promise<DevTools>;
  close(): Promise<void>;
}

interface RawBrowser {
  newContext(options: {
    viewport: { width: number; height: number };
    colorScheme: Scheme;
    reducedMotion?: 'reduce';
  }): Promise<RawContext>;
  version(): string;
  close(): Promise<void>;
}

/** State that the page of a test keeps. */
interface PageGlobals {
  violations: string[];
  seen: string[];
}
declare const MutationObserver: new (note: () => void) => { observe(target: object, options: object): void };
declare const window: PageGlobals;
declare const document: {
  querySelector(selector: string): { readonly textContent: string; readonly innerText: string } | null;
  querySelectorAll(selector: string): Iterable<{ readonly textContent: string }>;
  addEventListener(type: string, listener: (event: { violatedDirective: string; blockedURI: string }) => void): void;
};

export interface OpenOptions {
  readonly width?: number;
  readonly height?: number;
  readonly scheme?: Scheme;
}

/** The dashboard's page in a browser. */
export interface DashboardPage {
  readonly raw: RawPage;
  /** Errors that nothing in the page has caught, and those that the page or the browser reports on its console. */
  readonly errors: readonly string[];
  /** Resolves when the page shows a live state. */
  live(): Promise<void>;
  /** Text that is seen at the first element of a selector, in one line; empty without one. */
  text(selector: string): Promise<string>;
  /** Texts of all elements of a selector. */
  texts(selector: string): Promise<readonly string[]>;
  /** Resolves when the text at a selector matches. */
  shows(selector: string, pattern: RegExp): Promise<void>;
  press(...keys: readonly string[]): Promise<void>;
  /** Notes what the element of a selector shows from now on; the function that it resolves with gives all of that. */
  watch(selector: string): Promise<() => Promise<readonly string[]>>;
  /** Violations of the page's content security policy. */
  violations(): Promise<readonly string[]>;
  /** Metrics of Chromium's own, by name. Times are processor time of the page's main thread. Unit: seconds */
  metrics(): Promise<Readonly<Record<string, number>>>;
  /** The visible part of the page. */
  webp(): Promise<Buffer>;
  close(): Promise<void>;
}

export interface DashboardBrowser {
  open(url: string, options?: OpenOptions): Promise<DashboardPage>;
  version(): string;
  close(): Promise<void>;
}

/** Starts a headless Chromium for pages of a dashboard. */
export async function launchPages(): Promise<DashboardBrowser> {
  const browser = (await launchChromium()) as unknown as RawBrowser;
  return {
    version: () => browser.version(),
    close: () => browser.close(),
    async open(url, { width = 1_280, height = 900, scheme = 'light' } = {}) {
      const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme });
      await context.grantPermissions(['clipboard-read', 'clipboard-write']);
      const page = await context.newPage();
      const errors: string[] = [];
      page.on('pageerror', (error) => errors.push(error.stack ?? error.message));
      page.on('console', (message) => {
        // The browser itself reports requests that have failed, which some tests are about.
        const isOwn = message.type() === 'error' && !message.text().startsWith('Failed to load resource');
        if (isOwn) errors.push(message.text());
      });
      await page.addInitScript(() => {
        window.violations = [];
        document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
          window.violations.push(`${violatedDirective} ${blockedURI}`),
        );
      });
      await page.goto(url);
      return pageOf(page, context, errors);
    },
  };
}

async function pageOf(raw: RawPage, context: RawContext, errors: readonly string[]): Promise<DashboardPage> {
  const session = await context.newCDPSession(raw);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const text = (selector: string) =>
    raw.evaluate((wanted) => {
      const found = document.querySelector(wanted);
      return (found?.innerText ?? found?.textContent ?? '').replace(/\s+/g, ' ').trim();
    }, selector);
  const shows = async (selector: string, pattern: RegExp) => {
    const isShown = ([wanted, source, flags]: readonly [string, string, string]) => {
      const found = document.querySelector(wanted);
      return new RegExp(source, flags).test((found?.innerText ?? found?.textContent ?? '').replace(/\s+/g, ' ').trim());
    };
    try {
      await raw.waitForFunction(isShown, [selector, pattern.source, pattern.flags] as const, { timeout: 60_000 });
    } catch (error) {
      const last = await text(selector);
      throw new Error(`${selector} shows “${last}”, and not ${pattern}; errors: ${errors.join('\n')}`, {
        cause: error,
      });
    }
  };
  return {
    ...{ raw, errors, text, shows },
    live: () => shows('.pill', /^live$/),
    texts: (selector) =>
      raw.evaluate((wanted) => [...document.querySelectorAll(wanted)].map(({ textContent }) => textContent), selector),
    async press(...keys) {
      for (const key of keys) await raw.keyboard.press(key);
    },
    async watch(selector) {
      await raw.evaluate((wanted) => {
        const seen: string[] = [];
        window.seen = seen;
        const note = () => seen.push(document.querySelector(wanted)?.textContent ?? '');
        new MutationObserver(note).observe(document, { subtree: true, childList: true, characterData: true });
        note();
      }, selector);
      return () => raw.evaluate(() => window.seen);
    },
    violations: () => raw.evaluate(() => window.violations),
    async metrics() {
      const { metrics } = await session.send('Performance.getMetrics');
      return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
    },
    async webp() {
      const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: 82 });
      return Buffer.from(data, 'base64');
    },
    close: () => context.close(),
  };
}

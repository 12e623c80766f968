import { existsSync } from 'node:fs';

/** The page, as the server of the dashboard sends it. */
export interface PageText {
  readonly html: string;
  /** Value of the header Content-Security-Policy: the inlined script and style by their hashes. The server adds `frame-ancestors`. */
  readonly csp: string;
}

/** From the sources, and from the sources as the tests have them. */
const BUILDERS = ['../scripts/dashboard-page.mjs', '../../scripts/dashboard-page.mjs'];

let page: Promise<PageText> | undefined;

/** The page, built from dashboard/page/ at the first question. `npm run build` puts the finished text in the place of this file. */
export function pageText(): Promise<PageText> {
  page ??= build();
  return page;
}

async function build(): Promise<PageText> {
  const builder = BUILDERS.map((path) => new URL(path, import.meta.url)).find((url) => existsSync(url));
  if (builder === undefined) throw new Error('scripts/dashboard-page.mjs, which builds the page, is not there');
  const { buildPage } = (await import(builder.href)) as { buildPage(): Promise<PageText> };
  const { html, csp } = await buildPage();
  return { html, csp };
}

/**
 * The page of the dashboard: one HTML text with its script and its style inside, and the policy that admits these two and nothing
 * else. The sources are in dashboard/page/.
 *
 *     node scripts/dashboard-page.mjs page.html    writes the page, to look at
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const PAGE = join(ROOT, 'dashboard/page');
const { resolve } = createRequire(import.meta.url);

/** Only this build of uPlot is minified; its module would be nearly twice as large. */
const UPLOT = join(dirname(resolve('uplot/package.json')), 'dist/uPlot.iife.min.js');
const UPLOT_STYLE = join(dirname(UPLOT), 'uPlot.min.css');

/** @type {import('rolldown').Plugin} */
const uplotAsModule = {
  name: 'uplot-as-module',
  resolveId: (specifier) => (specifier === 'uplot' ? UPLOT : null),
  load: (id) => (id === UPLOT ? `${readFileSync(UPLOT, 'utf8')}\nexport default uPlot;` : null),
};

/**
 * @typedef {object} Page
 * @property {string} html
 * @property {string} csp Value of a Content-Security-Policy header; without `frame-ancestors`, which the server adds.
 * @property {readonly string[]} files Paths of the files that the page was made of.
 */

/** @returns {Promise<Page>} */
export async function buildPage() {
  const { code, files } = await bundle();
  const script = code.replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--');
  const style = styleText();
  const csp = [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const template = readFileSync(join(PAGE, 'page.html'), 'utf8');
  const parts = new Map([
    ['{{notice}}', noticeOf(files)],
    ['{{csp}}', csp],
    ['<style></style>', `<style>${style}</style>`],
    ['<script></script>', `<script>${script}</script>`],
  ]);
  let html = template;
  for (const [place, text] of parts) {
    if (!html.includes(place)) throw new Error(`dashboard/page/page.html has no place for ${place}`);
    html = html.replace(place, () => text);
  }
  return { html, csp, files: [...files, UPLOT_STYLE] };
}

/** @returns {Promise<{ code: string, files: readonly string[] }>} */
async function bundle() {
  const built = await rolldown({
    input: join(PAGE, 'main.ts'),
    plugins: [uplotAsModule],
    platform: 'browser',
    resolve: { extensionAlias: { '.js': ['.ts', '.js'] } },
    tsconfig: false,
    onwarn: (warning) => {
      throw new Error(`the page of the dashboard cannot be bundled: ${warning.message}`);
    },
  });
  const { output } = await built.generate({ format: 'iife', minify: true, codeSplitting: false });
  await built.close();
  const [chunk, ...others] = output;
  if (others.length > 0) throw new Error(`the page of the dashboard has more than one file: ${others.length + 1}`);
  return { code: chunk.code.trim(), files: chunk.moduleIds };
}

/** Comments and indentation cost bytes in each page. */
function styleText() {
  const folder = join(PAGE, 'style');
  const files = readdirSync(folder)
    .sort()
    .map((file) => join(folder, file));
  const text = [UPLOT_STYLE, ...files].map((file) => readFileSync(file, 'utf8')).join('\n');
  return text
    .replace(/\/\*.*?\*\//gs, '')
    .replace(/\s*\n\s*/g, '')
    .replace(/\s*([{};,])\s*/g, '$1');
}

/** The packages that are in the page, for those who read its source. @param {readonly string[]} files */
function noticeOf(files) {
  const names = new Set(files.flatMap((file) => /\/node_modules\/([^/]+)\//.exec(file)?.[1] ?? []));
  const lines = [...names].sort().map((name) => {
    const { version, license } = JSON.parse(readFileSync(join(ROOT, 'node_modules', name, 'package.json'), 'utf8'));
    return `${name} ${version} (${license})`;
  });
  return `Contains ${lines.join(', ')}. Their licences are in THIRD-PARTY.txt of the package mailstation.`;
}

/** @param {string} text */
function hashOf(text) {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , target = 'page.html'] = process.argv;
  const { html } = await buildPage();
  writeFileSync(target, html);
  console.log(`${target}: ${Buffer.byteLength(html)} bytes`);
}

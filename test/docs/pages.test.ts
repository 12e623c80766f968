import assert from 'node:assert/strict';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, it } from 'node:test';
import { RpcCode } from '../../lib/errors.js';
import { LIBRARY, list, ROOT, readText, sourceFiles } from '../architecture/house.js';

/** Every page for readers: at the root, in docs/, and beside what it describes. */
const PAGES = ['.', 'docs', 'bench', 'examples']
  .flatMap((folder) => readdirSync(ROOT + folder).map((name) => normalize(join(folder, name))))
  .filter((name) => name.endsWith('.md'));

/** Without code, in which brackets mean other things. */
function prose(page: string): string {
  return readText(page)
    .replace(/^```.*?^```/gms, '')
    .replace(/`[^`\n]*`/g, (code) => code.replaceAll(/[[\]()]/g, ' '));
}

/** As GitHub names a heading: its letters, digits and hyphens, in lower case. */
function anchorsOf(page: string): Set<string> {
  const text = readText(page).replace(/^```.*?^```/gms, '');
  const headings = [...text.matchAll(/^#+ +(.*)$/gm)].map(([, heading = '']) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replace(/\s/g, '-'),
    ),
  );
}

function isBroken(page: string, target: string): boolean {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? page : normalize(join(dirname(page), decodeURI(path)));
  if (!existsSync(ROOT + file)) return true;
  return anchor !== undefined && (statSync(ROOT + file).isDirectory() || !anchorsOf(file).has(anchor));
}

describe('the pages', () => {
  it('link to what is there', () => {
    const broken = PAGES.flatMap((page) =>
      [...prose(page).matchAll(/\]\(([^)\s]+)\)/g)]
        .map(([, target = '']) => target)
        .filter((target) => !/^[a-z]+:/.test(target) && isBroken(page, target))
        .map((target) => `${page}: ${target}`),
    );
    assert.deepEqual(broken, [], list('links that lead nowhere', broken));
  });

  it('name files that are there', () => {
    const inFolder =
      /`((?:lib|mailbox|station|failure|router|proxy|test|bench|examples|scripts)\/[\w./-]+\.(?:ts|mjs|js))`/g;
    const missing = PAGES.flatMap((page) =>
      [...readText(page).matchAll(inFolder)]
        .map(([, file = '']) => file)
        .filter((file) => !existsSync(ROOT + file))
        .map((file) => `${page}: ${file}`),
    );
    assert.deepEqual(missing, [], list('files that are not there', missing));
  });

  it('are checked by a workflow that runs scripts which are there', () => {
    const runs = [...readText('.github/workflows/ci.yml').matchAll(/^ +- run: (.*)$/gm)].map(
      ([, script = '']) => script,
    );
    assert.deepEqual(runs, ['.ci/run', '.ci/long']);
    for (const script of runs) assert.ok(statSync(ROOT + script).mode & 0o100, `${script} is not executable`);
  });

  it('troubleshooting.md quotes messages that the sources have', () => {
    const sources = sourceFiles(LIBRARY).map(readText).join('\n');
    const [firstCells, headings] = [/^\| (?!---)([^|]+) \|/gm, /^### (.*)$/gm].map((pattern) =>
      [...readText('docs/troubleshooting.md').matchAll(pattern)].map(([, text = '']) => text),
    );
    // Words of a message between the values that are filled in. Messages of the system and names of stages are values too.
    const quotes = [...(firstCells ?? []), ...(headings ?? [])]
      .flatMap((text) => [...text.matchAll(/`([^`]+)`/g)].map(([, quote = '']) => quote))
      .filter((quote) => /^[a-z]/.test(quote) && !/^(?:connect|in) /.test(quote))
      .flatMap((quote) =>
        quote.split(/"x"|"X"|\d+(?:\.\d+)*(?::\d+)?(?: ?ms)?|\.\.\.|waiting for \w+ .*|register_channel/),
      )
      .map((part) => part.replace(/^[^a-z]+|[^a-z]+$/g, ''))
      .filter((part) => part.includes(' '));
    const missing = quotes.filter((quote) => !sources.includes(quote));
    assert.ok(quotes.length >= 10, `only ${quotes.length} quotes were found`);
    assert.deepEqual(missing, [], list('docs/troubleshooting.md quotes, and no source has', missing));
  });

  it('troubleshooting.md has an answer for every error code', () => {
    const text = readText('docs/troubleshooting.md');
    const short = new Set([...text.matchAll(/\b(?:ERR_RPC_)?([A-Z]+(?:_[A-Z]+)*)\b/g)].map(([, name = '']) => name));
    const missing = Object.values(RpcCode).filter((code) => !short.has(code.replace('ERR_RPC_', '')));
    assert.deepEqual(missing, [], list('docs/troubleshooting.md does not have', missing));
  });
});

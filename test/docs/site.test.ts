import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { ROOT, readText } from '../architecture/house.js';

interface Sidebar {
  readonly SIDEBAR: readonly { readonly text: string; readonly items: readonly { readonly link: string }[] }[];
}

const { SIDEBAR } = (await import(pathToFileURL(`${ROOT}site/.vitepress/sidebar.mjs`).href)) as Sidebar;

/** The Markdown of a folder, without its ending: README is the site's first page, whose path is empty. */
function pagesIn(folder: string): string[] {
  return readdirSync(ROOT + folder)
    .filter((name) => name.endsWith('.md'))
    .map((name) => (name === 'README.md' ? '' : `${folder}${name.replace(/\.md$/, '')}`));
}

/** False for a link to a part of a page, and for the reference, which is written when the site is built. */
function isPage(link: string): boolean {
  return !link.includes('#') && !link.startsWith('/reference/');
}

describe('the site', () => {
  it('has each page once in its sidebar, and none that is not there', () => {
    const linked = SIDEBAR.flatMap(({ items }) => items.map(({ link }) => link)).filter(isPage);
    const pages = [...pagesIn(''), ...pagesIn('docs/')].map((page) => `/${page}`);
    assert.deepEqual(linked.toSorted(), pages.toSorted());
  });

  it('has each page of docs/ in the table of README too', () => {
    const [, table = ''] = readText('README.md').split('## Where to go next\n');
    const text = `${table}${readText('README.md').split('## Moving over\n')[1]}`;
    const missing = pagesIn('docs/').filter((page) => !text.includes(`(${page}.md)`));
    assert.deepEqual(missing, []);
  });

  it('takes exact versions, and its lock file no registry', () => {
    const { devDependencies } = JSON.parse(readText('site/package.json')) as {
      devDependencies: Record<string, string>;
    };
    for (const version of Object.values(devDependencies)) assert.match(version, /^\d+\.\d+\.\d+$/);
    assert.doesNotMatch(readText('site/package-lock.json'), /"resolved"/);
  });
});

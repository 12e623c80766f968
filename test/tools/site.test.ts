import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { appendFileSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { REPOSITORY } from '../support/loader-flags.js';

const run = promisify(execFile);

/** Folders that the builder leaves beside the sources. */
const LEFT_BEHIND = ['node_modules', 'dist', '.temp'];

/** The site and its pages, in a folder of their own: a test may break a page there. */
class Site {
  readonly folder = mkdtempSync(join(tmpdir(), 'mailstation-site-'));

  async install(): Promise<void> {
    for (const name of readdirSync(REPOSITORY).filter((each) => each.endsWith('.md') || each === 'LICENSE'))
      cpSync(join(REPOSITORY, name), join(this.folder, name));
    cpSync(join(REPOSITORY, 'docs'), join(this.folder, 'docs'), { recursive: true });
    const filter = (source: string) => !LEFT_BEHIND.includes(basename(source));
    cpSync(join(REPOSITORY, 'site'), join(this.folder, 'site'), { recursive: true, filter });
    await this.#npm('ci', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts');
  }

  /** Builds the site, and resolves to all that the builder printed. Rejects where the builder fails. */
  async build(): Promise<string> {
    return this.#npm('run', 'build');
  }

  /** Each built page by its address: `/docs/calling` -> HTML. The first page is `/`. */
  pages(): Map<string, string> {
    const built = join(this.folder, 'site/dist');
    const files = readdirSync(built, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.html'));
    return new Map(files.map((name) => [addressOf(name), readFileSync(join(built, name), 'utf8')]));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #npm(...args: readonly string[]): Promise<string> {
    const { NODE_TEST_CONTEXT: _, NODE_V8_COVERAGE: __, ...env } = process.env;
    const { stdout, stderr } = await run('npm', args, { cwd: join(this.folder, 'site'), env, maxBuffer: 1 << 24 });
    return stdout + stderr;
  }
}

function addressOf(file: string): string {
  return `/${file.replaceAll('\\', '/').replace(/(?:^index)?\.html$/, '')}`;
}

describe('the site', () => {
  const site = new Site();
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

  it('is not built with a link to a page that is not there', async () => {
    appendFileSync(join(site.folder, 'docs/sharing.md'), '\nSee [the rest](no-such-page.md).\n');
    await assert.rejects(site.build(), (error: { stdout: string; stderr: string }) => {
      assert.match(error.stdout + error.stderr, /no-such-page/);
      assert.match(error.stdout + error.stderr, /dead link/);
      return true;
    });
  });
});

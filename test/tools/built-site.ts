import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, extname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { REPOSITORY } from '../support/loader-flags.js';

const run = promisify(execFile);

/** Folders that the builder leaves beside the sources. */
const LEFT_BEHIND = ['node_modules', 'dist', 'reference', '.temp'];

const MEDIA: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.svg': 'image/svg+xml',
};

/** The site and its pages, in a folder of their own: a test may break a page there. */
export class BuiltSite {
  readonly folder = mkdtempSync(join(tmpdir(), 'mailstation-site-'));

  async install(): Promise<void> {
    for (const name of readdirSync(REPOSITORY).filter((each) => each.endsWith('.md') || each === 'LICENSE'))
      cpSync(join(REPOSITORY, name), join(this.folder, name));
    cpSync(join(REPOSITORY, 'docs'), join(this.folder, 'docs'), { recursive: true });
    const filter = (source: string) => !LEFT_BEHIND.includes(basename(source));
    cpSync(join(REPOSITORY, 'site'), join(this.folder, 'site'), { recursive: true, filter });
    // The reference is written from the declarations of the package, which name those of its dependencies.
    await run('npm', ['run', '-s', 'build'], { cwd: REPOSITORY });
    cpSync(join(REPOSITORY, 'dist'), join(this.folder, 'dist'), { recursive: true });
    symlinkSync(join(REPOSITORY, 'node_modules'), join(this.folder, 'node_modules'), 'junction');
    await this.#npm('ci', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts');
  }

  /** Builds the site, and resolves to all that the builder printed. Rejects where the builder fails. */
  async build(): Promise<string> {
    return this.#npm('run', 'build');
  }

  /** Builds the pages that stand in the repository, without the reference. */
  async buildPages(): Promise<string> {
    rmSync(join(this.folder, 'site/reference'), { recursive: true });
    return this.#npm('exec', '--', 'vitepress', 'build');
  }

  /** Serves the built site, as any server of files does. Resolves to the address. */
  async serve(t: TestContext): Promise<string> {
    const built = join(this.folder, 'site/dist');
    const http = createServer(({ url = '/' }, response) => {
      const { pathname } = new URL(url, 'http://site');
      const file = join(built, pathname.endsWith('/') ? `${pathname}index.html` : pathname);
      const found = [file, `${file}.html`].find((each) => extname(each) !== '' && existsSync(each));
      if (found === undefined) return response.writeHead(404).end();
      return response.writeHead(200, { 'content-type': MEDIA[extname(found)] ?? '' }).end(readFileSync(found));
    }).listen(0, '127.0.0.1');
    await once(http, 'listening');
    t.after(() => {
      http.close();
      http.closeAllConnections();
    });
    return `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
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
  return `/${file.replaceAll('\\', '/').replace(/(?:(^|\/)index)?\.html$/, '$1')}`;
}

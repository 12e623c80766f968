import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import * as pinus from '../../compat/pinus-rpc.js';
import * as pomelo from '../../compat/pomelo-rpc.js';
import * as mailstation from '../../index.js';
import { list, ROOT, readText } from '../architecture/house.js';
import { serve } from '../behaviour/support.js';
import { type Fence, fencesOf, PAGES } from './fences.js';
import { writePagePrograms } from './page-program.js';

const HERE = 'test/docs/fences.test.ts';
const SNIPPETS = 'test/docs/snippets.test.ts';
const TYPES = 'test/types/documentation.test.ts';
const TOOLS = ['test/tools/test-runners.test.ts', 'test/tools/bundlers.test.ts'];

/** Tests that compile or run the blocks of a page, by language; `js file` and `ts file` are blocks that begin with the name of a file. */
const HELD: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>> = {
  'README.md': { js: SNIPPETS, 'js file': 'test/examples/readme.test.ts', ts: TYPES, diff: HERE },
  'docs/browser.md': { 'js file': 'test/browser/docs-page.ts', html: 'test/browser/docs-page.ts', 'ts file': TYPES },
  'docs/calling.md': { js: SNIPPETS },
  'docs/channels.md': { 'js file': 'test/docs/channels.test.ts', text: 'test/docs/channels.test.ts' },
  'docs/checked.md': { 'js file': 'test/docs/checked.test.ts', 'ts file': TYPES },
  'docs/concepts.md': { js: SNIPPETS },
  'docs/dashboard.md': {
    sh: 'test/cli/help.test.ts',
    'js file': 'test/docs/dashboard.test.ts',
    text: 'test/docs/dashboard.test.ts',
  },
  'docs/deployment.md': { 'ts file': TYPES, json: HERE },
  'docs/errors.md': { js: SNIPPETS },
  'docs/failure.md': { js: SNIPPETS },
  'docs/gateway.md': { 'js file': 'test/docs/gateway.test.ts', text: 'test/docs/gateway.test.ts' },
  'docs/getting-started.md': {
    sh: 'test/docs/getting-started.test.ts',
    'js file': 'test/docs/getting-started.test.ts',
    text: 'test/docs/getting-started.test.ts',
  },
  'docs/inspect.md': { 'js file': 'test/docs/inspect.test.ts', text: 'test/docs/inspect.test.ts' },
  'docs/kubernetes.md': {
    'js file': 'test/docs/kubernetes.test.ts',
    'yaml file': 'test/docs/kubernetes.test.ts',
    'ts file': TYPES,
  },
  'docs/metrics.md': {
    'js file': 'test/docs/metrics.test.ts',
    text: 'test/docs/metrics.test.ts',
    promql: 'test/docs/metrics.test.ts',
  },
  'docs/migrating-from-cluster-client.md': {
    js: SNIPPETS,
    'js file': 'test/docs/downstream.test.ts',
    text: 'test/docs/downstream.test.ts',
    json: HERE,
    diff: HERE,
  },
  'docs/migrating-from-pomelo-rpc.md': { json: HERE, diff: HERE },
  'docs/otel.md': { 'js file': 'test/docs/otel.test.ts', text: 'test/docs/otel.test.ts' },
  'docs/security.md': { js: SNIPPETS, sh: 'test/docs/security.test.ts' },
  'docs/serving.md': { js: SNIPPETS, 'js file': HERE, html: HERE },
  'docs/sharing.md': { js: SNIPPETS },
  'docs/streams.md': { 'js file': 'test/docs/streams.test.ts', text: 'test/docs/streams.test.ts', 'ts file': TYPES },
  'docs/tools.md': { 'js file': TOOLS, 'ts file': TOOLS },
  'docs/types.md': { ts: TYPES, 'ts file': TYPES, json: 'test/docs/types.test.ts' },
  'docs/wire.md': { wire: 'test/docs/wire.test.ts' },
};

/** Blocks that no test of the page can run, by the beginning of their code, each with the reason. */
const NOT_RUN: readonly { readonly page: string; readonly begins: string; readonly reason: string }[] = [
  {
    page: 'README.md',
    begins: 'npm init -y',
    reason: 'npm has no such version before it is published: test/package installs the packed one',
  },
];

const manifest = JSON.parse(readText('package.json')) as {
  readonly version: string;
  readonly files: readonly string[];
  readonly scripts: Readonly<Record<string, string>>;
};
const kindOf = ({ language, file }: Fence): string => (file === '' ? language : `${language} file`);
const placeOf = ({ page, line }: Fence): string => `${page}:${line}`;
const fences = PAGES.flatMap(fencesOf);
const blocksOf = (page: string, language: string): Fence[] =>
  fences.filter((fence) => fence.page === page && fence.language === language);

describe('the blocks of code on the pages', () => {
  it('are found', () => assert.ok(fences.length > 140, `${fences.length} blocks`));

  it('are compiled or run by a test, or have a reason', () => {
    const excused = (fence: Fence): boolean =>
      NOT_RUN.some(({ page, begins }) => page === fence.page && fence.code.startsWith(begins));
    const loose = fences.filter((fence) => HELD[fence.page]?.[kindOf(fence)] === undefined && !excused(fence));
    assert.deepEqual(loose.map(placeOf), [], list('blocks that no test holds', loose.map(placeOf)));
  });

  it('are those of the lists, and each test names its page', () => {
    const stale = NOT_RUN.filter(
      ({ page, begins }) => !fences.some((each) => each.page === page && each.code.startsWith(begins)),
    );
    assert.deepEqual(stale, []);
    for (const [page, kinds] of Object.entries(HELD)) {
      for (const [kind, tests] of Object.entries(kinds)) {
        assert.ok(
          fences.some((fence) => fence.page === page && kindOf(fence) === kind),
          `${page} has no block of ${kind}`,
        );
        const name = page.replace(/^docs\/|\.md$/g, '');
        for (const test of [tests].flat())
          assert.ok(existsSync(ROOT + test) && readText(test).includes(name), `${test} has no ${page}`);
      }
    }
  });

  it('name scripts that there are', () => {
    const missing = PAGES.flatMap((page) =>
      [...readText(page).matchAll(/\bnpm run (?:-s )?([a-z][\w:-]*)/g)]
        .map(([, script = '']) => script)
        .filter((script) => !(script in manifest.scripts) && !['dev', 'reference'].includes(script)) // of site/
        .map((script) => `${page}: npm run ${script}`),
    );
    assert.deepEqual(missing, []);
  });
});

describe('the pages on moving over', () => {
  for (const page of ['docs/migrating-from-pomelo-rpc.md', 'docs/migrating-from-cluster-client.md'])
    it(`${page}: package.json names this version, and folders that are published`, () => {
      const blocks = blocksOf(page, 'json').map(({ code }) => JSON.parse(code));
      assert.ok(blocks.length > 0);
      for (const { dependencies, overrides } of blocks) {
        assert.equal(dependencies.mailstation, `^${manifest.version}`);
        for (const place of [...Object.values(dependencies), ...Object.values(overrides)] as string[]) {
          if (place.startsWith('$')) assert.ok(place.slice(1) in dependencies);
          const [, folder] = /^file:\.\/node_modules\/mailstation\/(.*)$/.exec(place) ?? [];
          if (folder !== undefined)
            assert.ok(manifest.files.includes(folder) && existsSync(`${ROOT}${folder}/package.json`));
        }
      }
    });

  it('import names that there are', async () => {
    const { default: cluster } = await import('../../compat/cluster-client.js');
    const entries: Readonly<Record<string, unknown>> = {
      mailstation,
      'mailstation/pomelo-rpc': pomelo,
      'mailstation/pinus-rpc': pinus,
      'mailstation/cluster-client': { cluster },
    };
    const added = ['README.md', 'docs/migrating-from-pomelo-rpc.md', 'docs/migrating-from-cluster-client.md'].flatMap(
      (page) => blocksOf(page, 'diff').flatMap(({ code }) => code.split('\n').filter((line) => line.startsWith('+'))),
    );
    assert.equal(added.length, 4);
    for (const line of added) {
      const [, entry = ''] = /'(mailstation[\w/-]*)'/.exec(line) ?? [];
      const [, names = ''] = /\{ (.*?) \}|\.(\w+);$/.exec(line) ?? [];
      assert.ok(entry in entries, line);
      for (const name of names.split(', ').filter((each) => each !== ''))
        assert.ok(name in Object(entries[entry]), line);
    }
  });
});

describe('docs/deployment.md', () => {
  it('shows a file of servers that a client takes', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'mailstation-fences-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const [block] = blocksOf('docs/deployment.md', 'json');
    const path = join(folder, 'servers.json');
    writeFileSync(path, block?.code ?? '');
    const client = mailstation.createClient({ registry: mailstation.file(path) });
    t.after(() => client.stop(true));
    await client.start();
    assert.deepEqual(Object.keys(client.servers), ['chat-1', 'chat-2']);
  });
});

describe('docs/serving.md', () => {
  it('shows a module whose schemas check the arguments', async (t) => {
    const folder = writePagePrograms(t, 'docs/serving.md');
    const rooms = await import(join(folder, 'remote/test/rooms.js'));
    const { info } = await serve(t, {}, { paths: [], services: { user: { rooms } } });
    const client = mailstation.createClient();
    t.after(() => client.stop(true));
    client.addProxies([{ namespace: 'user', serverType: 'test' }]);
    client.addServers([info]);
    await client.start();
    const { join: enter } = client.proxies.user.test.rooms;
    assert.equal(await enter(null, 'lobby'), 'lobby:0');
    await assert.rejects(enter(null, ''), { code: 'ERR_RPC_VALIDATION' });
  });

  it('shows a page whose script Node reads; that of docs/browser.md runs in Chromium', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'mailstation-fences-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const [block] = blocksOf('docs/serving.md', 'html');
    const [, script = ''] = /<script type="module">\n(.*)<\/script>/s.exec(block?.code ?? '') ?? [];
    assert.match(script, /import \{ createClient \} from 'mailstation\/browser'/);
    const file = join(folder, 'page.mjs');
    writeFileSync(file, script);
    await promisify(execFile)(process.execPath, ['--check', file]);
  });
});

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { posix } from 'node:path';
import { describe, it } from 'node:test';
import { PACKAGE } from '../../lib/package.js';
import {
  COMMAND,
  DASHBOARD_PAGE,
  LIBRARY,
  list,
  ROOT,
  readManifest,
  readText,
  sourceFiles,
  sourceOf,
} from './house.js';
import { importsOf } from './source.js';

/** Everything under lib/, from the top down. `lib` is its root: the small files that all others share. */
const LIB = [
  ...[
    'lib/machine',
    'lib/cluster',
    'lib/relay',
    'lib/registry',
    'lib/election',
    'lib/leader',
    'lib/serving',
    'lib/service',
    'lib/follower',
  ],
  ...['lib/call', 'lib/stream', 'lib/transport', 'lib/compat', 'lib/auth', 'lib/protocol', 'lib'],
];

/** Who may import whom. A call flows down this table; so do the imports. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  bench: ['index', 'etcd', 'metrics', 'router', 'lib', 'lib/registry', 'test'], // a part can be timed by itself
  examples: ['index'],
  browser: ['client', 'proxy', 'failure', 'router', 'station', 'mailbox', ...LIB],
  index: ['node-client', 'server', 'proxy', 'failure', 'router', 'station', 'mailbox', ...LIB],
  etcd: ['lib/machine', 'lib/registry'],
  dashboard: ['index', 'observe/fleet', 'node-client', 'client', 'server', ...LIB],
  metrics: ['observe/metrics'],
  cli: ['index', 'etcd', 'dashboard', 'observe/fleet', 'lib/service', 'lib'],
  otel: ['observe/otel'],
  'observe/otel': ['lib/protocol', 'lib'],
  'observe/fleet': ['node-client', 'server', ...LIB],
  'observe/metrics': ['client', 'server', ...LIB],
  compat: ['index', 'node-client', 'client', 'server', 'proxy', 'router', ...LIB],
  'node-client': ['client', 'proxy', 'mailbox', 'lib/service', 'lib/transport', 'lib/compat', 'lib/auth', 'lib'],
  client: ['proxy', 'failure', 'router', 'station', 'mailbox', ...LIB],
  server: LIB,
  proxy: LIB,
  failure: ['mailbox', ...LIB],
  router: LIB,
  station: ['mailbox', ...LIB],
  mailbox: LIB,
  'lib/machine': ['lib/cluster', 'lib/registry', 'lib'],
  'lib/cluster': LIB.slice(2),
  'lib/relay': ['lib/serving', 'lib/follower', 'lib/call', 'lib/stream', 'lib/transport', 'lib/protocol', 'lib'],
  'lib/registry': ['lib/election', 'lib/auth', 'lib/transport', 'lib/protocol', 'lib'],
  'lib/election': ['lib/leader', 'lib/follower', 'lib/transport', 'lib/protocol', 'lib'],
  'lib/leader': ['lib/serving', 'lib/stream', 'lib/transport', 'lib/compat', 'lib/auth', 'lib/protocol', 'lib'],
  'lib/serving': ['lib/stream', 'lib/transport', 'lib/protocol', 'lib'],
  'lib/service': ['lib/stream', 'lib'],
  'lib/follower': ['lib/call', 'lib/stream', 'lib/transport', 'lib/protocol', 'lib'],
  'lib/call': ['lib/stream', 'lib/transport', 'lib/protocol', 'lib'],
  'lib/stream': ['lib/protocol', 'lib'],
  'lib/transport': ['lib/protocol', 'lib'],
  'lib/compat': ['lib/protocol', 'lib'],
  'lib/auth': ['lib/protocol', 'lib'],
  'lib/protocol': ['lib'],
  lib: [],
};

/** Each has a job that it is best at, and CONTRIBUTING.md says which. */
const RUNTIME_DEPENDENCIES = ['@standard-schema/spec', 'async', 'bluebird', 'eventemitter3', 'lodash', 'ws'];
/** Runtime dependencies that the declarations of the package name, and that no code imports. */
const TYPES_ONLY = ['@standard-schema/spec'];
/** Development dependencies whose code the build copies into `dist/`. */
const BUNDLED = ['serialize-json'];
/** The same, for the page of the dashboard alone. */
const BUNDLED_WITH_PAGE = ['htm', 'preact', 'uplot'];
/** The same, for the command alone. */
const BUNDLED_WITH_COMMAND = ['commander', 'string-width'];
const OPTIONAL_PEERS = ['@grpc/grpc-js', '@opentelemetry/api'];
/** Files that import an optional peer when they are loaded: those of an entry that is of no use without the peer. */
const MAY_NEED_PEER: Readonly<Record<string, string>> = { '@opentelemetry/api': 'observe/otel/' };

/** Whoever lists the root has read the architecture. */
const ROOT_LISTING = [
  ...[
    'index.ts',
    'etcd.ts',
    'metrics.ts',
    'otel.ts',
    'browser.ts',
    'browser',
    'dashboard.ts',
    'dashboard',
    'client.ts',
    'node-client.ts',
    'client',
    'server',
    'server.ts',
    'proxy',
    'failure',
    'router',
    'station',
    'mailbox',
    'lib',
    'compat',
    'observe',
    'cli',
  ],
  ...['test', 'bench', 'examples', 'docs', 'scripts', 'findings', 'site'],
  ...['README.md', 'ARCHITECTURE.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md', 'LICENSE'],
  ...[
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.build.json',
    'tsconfig.test.json',
    'biome.json',
    'knip.jsonc',
  ],
];
const GENERATED = ['node_modules', 'dist', 'dist-bench', 'dist-test', 'coverage'];

const MAX_LINES = 300;

/** File -> why it is better long than in two. */
const LONG_FILES: Readonly<Record<string, string>> = {
  'lib/protocol/msgpack-decoder.ts': 'one switch over the types of a format, and a short reader for each of them',
};

const libraryFiles = sourceFiles(LIBRARY);
const commandFiles = sourceFiles(COMMAND);
const allFiles = [...libraryFiles, ...commandFiles, ...sourceFiles(['bench', 'examples'])];

/** `lib/protocol/packet.ts` -> `lib/protocol`, `station/roster.ts` -> `station`, `client.ts` -> `client`. */
function partOf(file: string): string {
  const [first = '', second = '', third] = file.split('/');
  if (['lib', 'observe'].includes(first) && third !== undefined) return `${first}/${second}`;
  return first.replace(/\.ts$/, '');
}

/** The files of ours that a file imports, types included. */
function ownImports(file: string): string[] {
  return importsOf(sourceOf(file)).flatMap(({ specifier }) => {
    if (specifier === 'mailstation') return ['index.ts'];
    if (!specifier.startsWith('.')) return [];
    return [posix.join(posix.dirname(file), specifier).replace(/\.js$/, '.ts')];
  });
}

function packageImports(file: string) {
  return importsOf(sourceOf(file))
    .filter(({ specifier }) => !/^(?:\.|node:|mailstation(?:\/|$))/.test(specifier))
    .map((found) => ({ ...found, file, name: packageName(found.specifier) }));
}

function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

describe('imports go one way', () => {
  for (const [part, allowed] of Object.entries(MAY_IMPORT)) {
    it(`${part} imports ${allowed.join(', ') || 'only itself'}`, () => {
      const wrong = allFiles
        .filter((file) => partOf(file) === part)
        .flatMap((file) => ownImports(file).map((target) => ({ file, target, to: partOf(target) })))
        .filter(({ to }) => to !== part && !allowed.includes(to))
        .map(({ file, target }) => `${file} imports ${target}`);
      assert.deepEqual(wrong, [], list(`${part} may not import these`, wrong));
    });
  }

  it('every file has its place in the table', () => {
    const homeless = allFiles.filter((file) => !(partOf(file) in MAY_IMPORT));
    assert.deepEqual(homeless, [], list('MAY_IMPORT does not say what these may import', homeless));
  });

  it('no file imports itself through others', () => {
    const cycle = findCycle(allFiles, ownImports);
    assert.equal(cycle, undefined, `import cycle: ${cycle?.join(' -> ')}`);
  });

  it('index.ts only re-exports', () => {
    const { code } = sourceOf('index.ts');
    const rest = code.replace(/export\s+(?:type\s+)?(?:\{[^{}]*\}|\*(?:\s*as\s+\w+)?)\s*from\s*"\d+"\s*;/g, '').trim();
    assert.equal(rest, '', 'index.ts holds more than `export ... from`');
  });
});

/** The first cycle found, its first file repeated at the end. */
function findCycle(files: readonly string[], importsOfFile: (file: string) => string[]): string[] | undefined {
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file) || !files.includes(file)) return undefined;
    for (const target of importsOfFile(file)) {
      const cycle = visit(target, [...path, file]);
      if (cycle !== undefined) return cycle;
    }
    done.add(file);
    return undefined;
  };
  for (const file of files) {
    const cycle = visit(file, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

describe('dependencies', () => {
  const manifest = readManifest();
  const found = libraryFiles.flatMap(packageImports);

  it('what the package calls itself is what package.json says', () => {
    assert.deepEqual({ ...PACKAGE }, { name: manifest.name, version: manifest.version });
  });

  it('package.json declares the agreed ones and no others', () => {
    assert.deepEqual(Object.keys(manifest.dependencies).sort(), RUNTIME_DEPENDENCIES);
    const peers = Object.keys(manifest.peerDependencies ?? {});
    assert.deepEqual(
      peers.filter((name) => !OPTIONAL_PEERS.includes(name) || !manifest.peerDependenciesMeta?.[name]?.optional),
      [],
      'a peer dependency must be agreed on, and optional',
    );
  });

  it('the library imports no others', () => {
    const declared = [
      ...RUNTIME_DEPENDENCIES,
      ...BUNDLED,
      ...BUNDLED_WITH_PAGE,
      ...Object.keys(manifest.peerDependencies ?? {}),
    ];
    const strange = found.filter(({ name }) => !declared.includes(name)).map(({ file, name }) => `${file}: ${name}`);
    assert.deepEqual(strange, [], list('not declared in package.json', strange));
  });

  it('the page of the dashboard imports those that are bundled with it, nothing of Node and nothing of the library; and no other file does', () => {
    const isOfPage = (file: string) => file.startsWith(DASHBOARD_PAGE);
    const pages = libraryFiles.filter(isOfPage);
    const strange = pages.filter((file) =>
      importsOf(sourceOf(file)).some(({ specifier }) => specifier.startsWith('node:')),
    );
    assert.deepEqual(strange, [], list('a page has nothing of Node', strange));
    const names = new Set(found.filter(({ file }) => isOfPage(file)).map(({ name }) => name));
    assert.deepEqual([...names].sort(), BUNDLED_WITH_PAGE);
    const others = found.filter(({ name, file }) => BUNDLED_WITH_PAGE.includes(name) && !isOfPage(file));
    assert.deepEqual(
      others.map(({ file }) => file),
      [],
      'only the page may import these',
    );
    const shared = ['dashboard/apply.ts', 'dashboard/entries.ts', 'dashboard/snapshot.ts'];
    const beyond = pages.flatMap(ownImports).filter((file) => !isOfPage(file) && !shared.includes(file));
    assert.deepEqual(beyond, [], list('the page and its server have only the types of the states in common', beyond));
  });

  it('the command imports those that the build bundles with it, and no others', () => {
    const imported = commandFiles.flatMap(packageImports).filter(({ specifier }) => !specifier.startsWith('node:'));
    assert.deepEqual([...new Set(imported.map(({ name }) => name))].sort(), [...BUNDLED_WITH_COMMAND].sort());
  });

  it('the library names the built-in modules by node:', () => {
    const bare = found.filter(({ name }) => builtinModules.includes(name)).map(({ file, name }) => `${file}: ${name}`);
    assert.deepEqual(bare, []);
  });

  it('an optional peer is imported only when it is asked for', () => {
    const eager = found
      .filter(({ name, kind, isType }) => OPTIONAL_PEERS.includes(name) && kind === 'static' && !isType)
      .filter(({ name, file }) => !file.startsWith(MAY_NEED_PEER[name] ?? '(no file)'))
      .map(({ file, name }) => `${file}: ${name}`);
    assert.deepEqual(eager, [], list('must be import()ed, or nothing works without them', eager));
  });

  it('each is used', () => {
    const used = new Set(
      found.filter(({ name, isType }) => isType === TYPES_ONLY.includes(name)).map(({ name }) => name),
    );
    const idle = [...RUNTIME_DEPENDENCIES, ...BUNDLED, ...BUNDLED_WITH_PAGE].filter((name) => !used.has(name));
    assert.deepEqual(idle, [], list('declared, and imported by no file of the library', idle));
  });

  it('each is defended in CONTRIBUTING.md, those of development too', () => {
    const text = readText('CONTRIBUTING.md');
    const all = [manifest.dependencies, manifest.devDependencies, manifest.peerDependencies ?? {}].flatMap(Object.keys);
    const undefended = all.filter((name) => !text.includes(`\`${name}\``));
    assert.deepEqual(undefended, [], list('CONTRIBUTING.md does not say what these are for', undefended));
  });
});

describe('the house', () => {
  it('the root listing is the architecture', () => {
    const strange = readdirSync(ROOT).filter(
      (name) => !name.startsWith('.') && !ROOT_LISTING.includes(name) && !GENERATED.includes(name),
    );
    assert.deepEqual(strange, [], list('not part of the house', strange));
  });

  it(`no source file is longer than ${MAX_LINES} lines without a reason`, () => {
    const lines = (file: string) => readText(file).split('\n').length - 1;
    const long = allFiles.filter((file) => lines(file) > MAX_LINES);
    const unexplained = long.filter((file) => !(file in LONG_FILES)).map((file) => `${file}: ${lines(file)} lines`);
    assert.deepEqual(
      unexplained,
      [],
      list('what second thing do these do? If none, say so in LONG_FILES', unexplained),
    );
    const stale = Object.keys(LONG_FILES).filter((file) => !long.includes(file));
    assert.deepEqual(stale, [], list('excused in LONG_FILES, and not long', stale));
  });
});

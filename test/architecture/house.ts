import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { REPOSITORY } from '../support/loader-flags.js';
import { readSource, type Source } from './source.js';

/** The repository, with a slash at its end. Every path in these tests is relative to it, with forward slashes. */
export const ROOT = REPOSITORY;

/** Sources that are published: the files at the root, and the folders behind them. */
export const LIBRARY = [
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
  'server.ts',
  'server',
  'compat',
  'observe',
  'lib',
  'mailbox',
  'proxy',
  'failure',
  'router',
  'station',
];

/** Sources of the dashboard's page, which run in a browser alone. */
export const DASHBOARD_PAGE = 'dashboard/page/';

/** Sources of the command `mailstation`, which is published as one program and writes to stdout. */
export const COMMAND = ['cli'];

/** The TypeScript files among `places` (files or folders), sorted. A place that does not exist holds none. */
export function sourceFiles(places: readonly string[]): string[] {
  return places
    .flatMap((place) => {
      if (!existsSync(ROOT + place)) return [];
      if (place.endsWith('.ts')) return [place];
      const names = readdirSync(ROOT + place, { recursive: true, encoding: 'utf8' });
      return names.map((name) => `${place}/${name.replaceAll('\\', '/')}`).filter((name) => name.endsWith('.ts'));
    })
    .sort();
}

export function readText(file: string): string {
  return readFileSync(ROOT + file, 'utf8');
}

const sources = new Map<string, Source>();

export function sourceOf(file: string): Source {
  let source = sources.get(file);
  if (source === undefined) {
    source = readSource(readText(file));
    sources.set(file, source);
  }
  return source;
}

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

export function readManifest(): Manifest {
  return JSON.parse(readText('package.json')) as Manifest;
}

/** For an assertion's message: the finding, and each place on a line of its own. */
export function list(finding: string, places: readonly string[]): string {
  return [`${finding}:`, ...places].join('\n  ');
}

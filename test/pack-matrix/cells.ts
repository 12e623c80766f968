import { pathToFileURL } from 'node:url';
import { ROOT } from '../architecture/house.js';

export const { NODES, installBelow, installNode } = (await import(
  pathToFileURL(`${ROOT}scripts/install-node.mjs`).href
)) as typeof import('../../scripts/install-node.mjs');

/** A Node, with the npm that installs the package under it. */
export interface Runtime {
  readonly node: string;
  readonly npm: string;
}

/** The application that uses the package, with what it installs beside the package. */
export interface Application {
  readonly name: string;
  /** Folder below `applications/`. */
  readonly folder: string;
  /** Packages that compile the application, each as `name@version`; none for JavaScript. */
  readonly compiler: readonly string[];
}

/** The majors of npm that these Nodes bring, each in the version that the lowest one brings, or in the last one of the major. */
export const RUNTIMES: readonly Runtime[] = [
  { node: NODES[20], npm: '10.8.2' },
  { node: NODES['20.20'], npm: '10.8.2' },
  { node: NODES[22], npm: '10.9.9' },
  { node: NODES[24], npm: '11.21.2' },
  { node: NODES[26], npm: '12.2.2' },
];

/** The lowest compiler that is supported, and the newest one: the ends of the list in `test/package/compilers.test.ts`. */
const TYPESCRIPT = { lowest: '5.4.5', newest: '7.0.2' };

export const APPLICATIONS: readonly Application[] = [
  { name: 'ESM', folder: 'esm', compiler: [] },
  { name: 'CommonJS', folder: 'commonjs', compiler: [] },
  ...Object.values(TYPESCRIPT).map((version) => ({
    name: `TypeScript ${version}`,
    folder: 'typescript',
    compiler: [`typescript@${version}`, '@types/node@20.19.43'],
  })),
];

/** Optional peers without which an entry cannot be loaded: the API of OpenTelemetry, for `mailstation/otel`. */
export const PEERS: readonly string[] = ['@opentelemetry/api@1.9.1'];

/** Lines of the calling process, in any order. */
export const LINES: readonly string[] = [
  'a call: 3',
  'a stream: 1,2,3',
  'an error: true ERR_RPC_REMOTE RangeError',
  'mailstation/browser: function',
  'mailstation/cluster-client: function',
  'mailstation/dashboard: function',
  'mailstation/etcd: function',
  'mailstation/metrics: true',
  'mailstation/otel: function',
  'mailstation/pinus-rpc: function',
  'mailstation/pomelo-rpc: function',
];

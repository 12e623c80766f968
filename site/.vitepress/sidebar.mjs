import { existsSync, readFileSync } from 'node:fs';

/** @param {string} text @param {string} page */
const item = (text, page) => ({ text, link: `/${page}` });

/**
 * The pages by their readers. `test/docs/site.test.ts` holds that each page of the site stands here once, and that none is
 * missing; links to a part of a page stand beside.
 */
export const SIDEBAR = [
  {
    text: 'Begin',
    items: [
      item('Overview', ''),
      item('Getting started', 'docs/getting-started'),
      item('From pomelo', 'docs/migrating-from-pomelo-rpc'),
      item('From pinus', 'docs/migrating-from-pomelo-rpc#from-pinus'),
      item('From Egg and cluster-client', 'docs/migrating-from-cluster-client'),
      item('Concepts', 'docs/concepts'),
      item('Beside other frameworks', 'docs/comparison'),
    ],
  },
  {
    text: 'Guides',
    items: [
      item('Calling', 'docs/calling'),
      item('Serving', 'docs/serving'),
      item('Types', 'docs/types'),
      item('Checked arguments', 'docs/checked'),
      item('Streams', 'docs/streams'),
      item('Sharing between processes', 'docs/sharing'),
      item('In a web page', 'docs/browser'),
      item('A gateway', 'docs/gateway'),
      item('When calls fail', 'docs/failure'),
      item('Troubleshooting', 'docs/troubleshooting'),
      item('Performance', 'docs/performance'),
      item('Test runners and bundlers', 'docs/tools'),
    ],
  },
  {
    text: 'Reference',
    items: [
      item('Functions, classes, types', 'reference/'),
      item('Options, events, states', 'docs/options'),
      item('Errors', 'docs/errors'),
      item('Values that travel', 'docs/values'),
      item('Lifecycles', 'docs/lifecycles'),
      item('Channels', 'docs/channels'),
      item('The wire', 'docs/wire'),
      item('Parity', 'docs/parity'),
      item('Versions and compatibility', 'docs/compatibility'),
    ],
  },
  {
    text: 'Operations',
    items: [
      item('Deployment', 'docs/deployment'),
      item('Kubernetes', 'docs/kubernetes'),
      item('Security', 'docs/security'),
      item('Looking inside', 'docs/inspect'),
      item('The command line', 'docs/cli'),
      item('The dashboard', 'docs/dashboard'),
      item('Metrics', 'docs/metrics'),
      item('OpenTelemetry', 'docs/otel'),
    ],
  },
  {
    text: 'Decisions',
    items: [
      item('Architecture', 'ARCHITECTURE'),
      item('Contributing', 'CONTRIBUTING'),
      item('Changelog', 'CHANGELOG'),
      item('Reporting a vulnerability', 'SECURITY'),
    ],
  },
];

const WRITTEN = new URL('../reference/typedoc-sidebar.json', import.meta.url);

/** The pages of the reference, which TypeDoc has written: by entry, and then by kind. Empty before `npm run reference`. */
export const REFERENCE = [
  { text: 'Overview', items: [item('The pages', ''), item('The entries', 'reference/')] },
  ...(existsSync(WRITTEN) ? JSON.parse(readFileSync(WRITTEN, 'utf8')) : []),
];

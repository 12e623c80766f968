import assert from 'node:assert/strict';
import { posix } from 'node:path';
import { describe, it } from 'node:test';
import { list, sourceOf } from './house.js';
import { importsOf } from './source.js';

/** The half that serves, by the beginnings of its paths. A client that runs elsewhere than in Node must not import it. */
const SERVING_HALF = [
  ...[
    'server.ts',
    'lib/leader/',
    'lib/serving/',
    'lib/election/',
    'lib/cluster/',
    'lib/relay/',
    'lib/service/',
    'mailbox/shared/',
  ],
];

/** A bare client checks the option `share`, if only to reject it. */
const EXCEPT = ['mailbox/shared/options.ts'];

/** The built-in modules that a client needs. Each one is work for a client of another platform. */
const BUILTINS = [
  ...['node:async_hooks', 'node:crypto', 'node:diagnostics_channel', 'node:net', 'node:os', 'node:perf_hooks'],
  ...['node:timers', 'node:util', 'node:zlib'],
] as const;

function isOfServingHalf(file: string): boolean {
  return SERVING_HALF.some((part) => file.startsWith(part)) && !EXCEPT.includes(file);
}

/**
 * Files that a client of another platform replaces by its own: the transports of Node, the paths of unix sockets, and the streams
 * of Node. What they import is no work for such a client.
 */
const SEAMS = ['lib/transport/transports.ts', 'lib/unix-path.ts', 'lib/call/result-stream.ts'];

interface Reached {
  /** Files of the library, each with the file that imports it. */
  readonly files: ReadonlyMap<string, string>;
  readonly builtins: ReadonlySet<string>;
}

/** Everything that an entry imports when it is run: static imports, without types. */
function reachedFrom(entry: string, seams: readonly string[] = []): Reached {
  const files = new Map<string, string>([[entry, '']]);
  const builtins = new Set<string>();
  for (const [file] of files) {
    if (seams.includes(file)) continue;
    for (const { specifier, isType } of importsOf(sourceOf(file))) {
      if (isType) continue;
      if (specifier.startsWith('node:')) builtins.add(specifier);
      if (!specifier.startsWith('.')) continue;
      const target = posix.join(posix.dirname(file), specifier).replace(/\.js$/, '.ts');
      if (!files.has(target)) files.set(target, file);
    }
  }
  return { files, builtins };
}

function wayTo(file: string, { files }: Reached): string {
  const way = [file];
  for (let from = files.get(file); from !== undefined && from !== ''; from = files.get(from)) way.unshift(from);
  return way.join(' -> ');
}

describe('what a client imports', () => {
  const reached = reachedFrom('client.ts', SEAMS);

  it('is nothing of the half that serves', () => {
    const wrong = [...reached.files.keys()].filter((file) => isOfServingHalf(file));
    const ways = wrong.map((file) => wayTo(file, reached));
    assert.deepEqual(ways, [], list('client.ts reaches the half that serves', ways));
  });

  it('are these built-in modules and no others: above all not node:fs', () => {
    assert.deepEqual([...reached.builtins].sort(), [...BUILTINS]);
  });

  it('is more in the client of Node, which shares mailboxes and loads remote modules', () => {
    const { files, builtins } = reachedFrom('node-client.ts');
    for (const file of [
      'client.ts',
      'mailbox/shared/share.ts',
      'lib/leader/channel-acceptor.ts',
      'lib/service/load.ts',
    ])
      assert.ok(files.has(file), `node-client.ts does not reach ${file}: does this test follow imports?`);
    assert.ok(builtins.has('node:fs'));
  });
});

import assert from 'node:assert/strict';
import { posix } from 'node:path';
import { describe, it } from 'node:test';
import { COMMAND, LIBRARY, readText, sourceFiles } from './house.js';

/** Folders that the line of a file at the root describes, as `client.ts` does for `client/`. */
const WITH_ITS_FILE = ['client', 'server'];

/** Drawn, and no part of the library. */
const OUTSIDE = ['test/', 'bench/'];

/** Folders that hold folders alone. */
const PARENTS = ['observe/'];

/** The paths that the drawing of the house names, one an entry: `lib/cluster/role/`, `index.ts`. */
function drawnTree(): string[] {
  const [, section = ''] = readText('ARCHITECTURE.md').split('## The house\n');
  const [house = ''] = section.split('\n## ');
  const drawn: string[] = [];
  const parents: string[] = [];
  for (const [, indent = '', name = ''] of house.matchAll(/^ {4}( *)([\w.-]+(?:\.ts|\/)) {2,}\S/gm)) {
    const depth = indent.length / 2;
    parents.length = depth;
    drawn.push(posix.join(...parents, name));
    parents[depth] = name;
  }
  return drawn;
}

describe("ARCHITECTURE's drawing of the house", () => {
  const drawn = drawnTree();

  it('names each folder of the library, and none that is not there', () => {
    const folders = new Set(
      sourceFiles([...LIBRARY, ...COMMAND])
        .map((file) => posix.dirname(file))
        // The folders below browser/ are those at the root.
        .filter((folder) => folder !== '.' && !WITH_ITS_FILE.includes(folder) && !folder.startsWith('browser/'))
        .map((folder) => `${folder}/`),
    );
    const inTheLibrary = drawn.filter((path) => path.endsWith('/') && ![...OUTSIDE, ...PARENTS].includes(path));
    assert.deepEqual(inTheLibrary.sort(), [...folders].sort());
  });

  it('names each file at the root of the library', () => {
    const files = LIBRARY.filter((path) => path.endsWith('.ts'));
    assert.deepEqual(drawn.filter((path) => path.endsWith('.ts')).sort(), [...files].sort());
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DASHBOARD_PAGE, LIBRARY, list, readText, sourceFiles, sourceOf } from './house.js';
import { importsOf } from './source.js';

/** The timers themselves, those of web pages, and the one file that looks whether they are replaced. */
const HOMES = ['lib/timers.ts', 'browser/lib/timers.ts', 'lib/transport/real-ticks.ts'];
const files = sourceFiles(LIBRARY).filter((file) => !HOMES.includes(file) && !file.startsWith(DASHBOARD_PAGE));

/** Names that `lib/timers.ts` exports in the place of a global. */
const TAKEN = ['setTimeout', 'setInterval', 'setImmediate', 'clearTimeout', 'clearInterval', 'clearImmediate'];
const USE = new RegExp(`(?<![.\\w$#])(${[...TAKEN, 'nextTick', 'performance'].join('|')})\\b(?!:)`, 'g');

/** Ways to a timer or a clock that tests of users replace, and that no file of the library needs. */
const OTHER_WAYS =
  /(?<![.\w$])queueMicrotask\b|\b(?:process|globalThis)\.(?:nextTick|hrtime|set\w+|clear\w+|performance|queueMicrotask)\b|\bDate\.now\b|\bnew Date\(\)/g;
const MODULES = ['node:timers', 'node:timers/promises', 'node:perf_hooks', 'node:process'];

function importedFromHome(file: string): string[] {
  const names = /import \{([^{}]*)\} from '[./]+(?:lib\/)?timers\.js'/.exec(readText(file))?.[1] ?? '';
  return names.split(',').map((name) => name.trim());
}

describe('timers and clocks of the library', () => {
  it('come from lib/timers.ts, which takes them when the package is loaded', () => {
    const wrong = files.flatMap((file) => {
      const imported = importedFromHome(file);
      const used = new Set([...sourceOf(file).code.matchAll(USE)].map(([name]) => name));
      return [...used].filter((name) => !imported.includes(name)).map((name) => `${file}: ${name}`);
    });
    assert.deepEqual(wrong, [], list('import these from lib/timers.ts: fake timers replace the globals', wrong));
  });

  it('are reached in no other way', () => {
    const ways = files.flatMap((file) =>
      [...sourceOf(file).code.matchAll(OTHER_WAYS)].map(([way]) => `${file}: ${way}`),
    );
    const modules = files.flatMap((file) =>
      importsOf(sourceOf(file))
        .filter(({ specifier, isType }) => MODULES.includes(specifier) && !isType)
        .map(({ specifier }) => `${file}: ${specifier}`),
    );
    assert.deepEqual([...ways, ...modules], [], list('lib/timers.ts has a function for these', [...ways, ...modules]));
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { files } from '../browser/page-files.js';
import { list, ROOT, sourceFiles } from './house.js';
import { importsOf, readSource } from './source.js';

describe('what a web page runs', () => {
  const texts = files.filesInPage();
  const sources = [...texts].map(([file, text]) => ({ file, source: readSource(text) }));

  it('is made of files of this repository alone: no module of Node, and no package', () => {
    const wrong = sources.flatMap(({ file, source }) =>
      importsOf(source)
        .filter(({ specifier }) => !specifier.startsWith('.'))
        .map(({ specifier }) => `${file} imports ${specifier}`),
    );
    assert.deepEqual(wrong, [], list('a page has neither', wrong));
  });

  it('names nothing that only Node has', () => {
    const wrong = sources.flatMap(({ file, source }) =>
      [...source.code.matchAll(/(?<![.\w$])(?:Buffer|process|global|setImmediate|require)(?=[.([])/g)]
        .filter(([name]) => !new RegExp(`(?:import|function)[^;]*\\b${name}\\b`).test(source.code))
        .map(([name]) => `${file}: ${name}`),
    );
    assert.deepEqual(wrong, [], list('a page has none of these', wrong));
  });

  it('is nothing of the half that serves, and nothing that reads files', () => {
    const wrong = [...texts.keys()].filter((file) =>
      /^(?:server|lib\/(?:leader|serving|election|cluster|service)|mailbox\/shared)\b/.test(file),
    );
    // The types of events name the state of shared mailboxes.
    assert.deepEqual(
      wrong.filter((file) => !texts.get(file)?.includes('export interface')),
      [],
    );
  });

  it('imports no name that a file under browser/ does not have', () => {
    const missing = sources.flatMap(({ file, source }) =>
      [...source.code.matchAll(/\bimport (?:type )?\{([^}]*)\} from "(\d+)"/g)].flatMap(([, names = '', at = '']) => {
        const target = files.fileInPage(file, source.strings[Number(at)] ?? '');
        const text = texts.get(target) ?? '';
        if (!target.startsWith('browser/')) return [];
        return names
          .split(',')
          .map((name) =>
            name
              .trim()
              .replace(/^type /, '')
              .replace(/ as .*/, ''),
          )
          .filter(
            (name) => name !== '' && !new RegExp(`^export .*\\b${name}\\b|^  (?:type )?${name},$`, 'm').test(text),
          )
          .map((name) => `${file} imports ${name}, which ${target} lacks`);
      }),
    );
    assert.deepEqual(missing, [], list('node scripts/typecheck-browser.mjs has the rest', missing));
  });

  it('uses every file under browser/', () => {
    const unused = sourceFiles(['browser']).filter((file) => !texts.has(file));
    assert.deepEqual(unused, [], list('no page uses these', unused));
  });

  it('has a file of the same path at the root for each file under browser/, but for the parts of pages', () => {
    const own = ['browser/page-client.ts', 'browser/page-proxies.ts'];
    const places = new Set(sourceFiles(['client', 'failure', 'lib', 'mailbox', 'proxy', 'router', 'station']));
    const homeless = sourceFiles(['browser']).filter(
      (file) => !own.includes(file) && !/\/page-websocket/.test(file) && !places.has(files.placeOf(file)),
    );
    assert.deepEqual(homeless, [], list('these take the place of nothing', homeless));
    assert.ok(ROOT.length > 0);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { importsOf, readSource } from './source.js';

const specifiers = (text: string) => importsOf(readSource(text)).map(({ specifier }) => specifier);

describe('readSource', () => {
  it('blanks comments, and keeps lines where they were', () => {
    const { code, comments } = readSource('a; // one\n/* two\n   three */ b;');
    assert.equal(code, 'a;  \n\n b;');
    assert.deepEqual(comments, [
      { line: 1, text: '// one' },
      { line: 2, text: '/* two\n   three */' },
    ]);
  });

  it('sets strings aside, whatever is in them', () => {
    const { code, strings } = readSource(`f('it\\'s // no comment', "/* nor this */");`);
    assert.equal(code, 'f("0", "1");');
    assert.deepEqual(strings, ["it\\'s // no comment", '/* nor this */']);
  });

  it('drops the text of a template, and keeps the code within it', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: source text that holds a template
    const { code, strings } = readSource("a(`x ${b({ c: `y ${d('e')}` })} // z`, f);");
    assert.equal(code, 'a({b({ c: {d("0")} })}, f);');
    assert.deepEqual(strings, ['e']);
  });

  it('tells a regular expression from a division', () => {
    const { code } = readSource(`x = /['"\`/*]/g; y = a / b; z = [/[/]'/].map((s) => /"/.test(s)); n = (a) / 2; // '`);
    assert.equal(code, 'x =  ; y = a / b; z = [ ].map((s) =>  .test(s)); n = (a) / 2;  ');
  });
});

describe('importsOf', () => {
  const forms: [text: string, kind: 'static' | 'dynamic', isType: boolean][] = [
    [`import 'm';`, 'static', false],
    [`import a from 'm';`, 'static', false],
    [`import * as a from 'm';`, 'static', false],
    [`import a, { b } from 'm';`, 'static', false],
    [`import {\n  a, // why\n  type B,\n} from 'm';`, 'static', false],
    [`import type { A } from 'm';`, 'static', true],
    [`import { type A, type B as C } from 'm';`, 'static', true],
    [`import type from 'm';`, 'static', false],
    [`export * from 'm';`, 'static', false],
    [`export * as a from "m";`, 'static', false],
    [`export { a } from 'm';`, 'static', false],
    [`export type { A } from 'm';`, 'static', true],
    [`await import('m');`, 'dynamic', false],
    [`let a: import('m').A;`, 'dynamic', false],
    [`createRequire(url); require('m');`, 'dynamic', false],
  ];
  for (const [text, kind, isType] of forms) {
    it(`sees ${JSON.stringify(text)}`, () => {
      assert.deepEqual(importsOf(readSource(text)), [{ specifier: 'm', kind, isType }]);
    });
  }

  it('does not see what only looks like an import', () => {
    assert.deepEqual(
      specifiers(`// import 'a';\nconst b = "import 'c'"; d.import('e'); import.meta.url; \`from 'f'\``),
      [],
    );
    assert.deepEqual(specifiers(`export const from = 'a'; export interface B { c: 'd' }`), []);
  });

  it('keeps one declaration apart from the next', () => {
    assert.deepEqual(specifiers(`export interface A { b: string }\nimport { c } from 'd';`), ['d']);
    assert.deepEqual(specifiers(`import a from 'b'\nimport type { C } from 'd'\nexport { e } from 'f'`), [
      'b',
      'd',
      'f',
    ]);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { paintFor } from '../../../cli/terminal/paint.js';

const terminal = { isTTY: true, hasColors: () => true };
const pipe = {};

describe('paint', () => {
  it('paints a terminal with colours, in all styles', () => {
    assert.equal(paintFor(terminal, {})('x', 'red'), '\x1b[31mx\x1b[39m');
    assert.equal(paintFor(terminal, {})('x', 'bold', 'inverse'), '\x1b[7m\x1b[1mx\x1b[22m\x1b[27m');
  });

  const plain: readonly (readonly [name: string, output: object, env: NodeJS.ProcessEnv])[] = [
    ['a pipe', pipe, {}],
    ['a terminal without colours', { isTTY: true, hasColors: () => false }, {}],
    ['a terminal under NO_COLOR', terminal, { NO_COLOR: '1' }],
    ['a terminal under FORCE_COLOR=0', terminal, { FORCE_COLOR: '0' }],
  ];
  for (const [name, output, env] of plain) {
    it(`leaves ${name} as it is`, () => {
      const paint = paintFor(output, env);
      assert.equal(paint('x', 'red', 'bold'), 'x');
    });
  }

  it('takes an empty NO_COLOR for none, and FORCE_COLOR for a pipe', () => {
    assert.notEqual(paintFor(terminal, { NO_COLOR: '' })('x', 'red'), 'x');
    assert.notEqual(paintFor(pipe, { FORCE_COLOR: '1', NO_COLOR: '1' })('x', 'red'), 'x');
  });
});

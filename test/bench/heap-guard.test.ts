import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatFinding, type HeapFinding, judge } from '../../bench/heap-guard.js';

function verdicts(measured: number, expected: number): HeapFinding['verdict'][] {
  const findings = judge(
    { '1 in flight': { client: measured, server: expected } },
    { '1 in flight': { client: expected, server: expected } },
  );
  return findings.map(({ verdict }) => verdict);
}

describe('the guard of heap bytes a call', () => {
  it('passes what is as it was, at each end', () => {
    assert.deepEqual(verdicts(700, 700), ['within', 'within']);
  });

  it('fails above three hundredths of a small figure', () => {
    assert.deepEqual(verdicts(721, 700), ['within', 'within']);
    assert.deepEqual(verdicts(722, 700), ['above', 'within']);
  });

  it('fails above 24 bytes of a large figure: the smallest object with a field takes 32', () => {
    assert.deepEqual(verdicts(2424, 2400), ['within', 'within']);
    assert.deepEqual(verdicts(2432, 2400), ['above', 'within']);
  });

  it('notes what is as far below', () => {
    assert.deepEqual(verdicts(2368, 2400), ['below', 'within']);
  });

  it('has nothing to say of a Node or a scenario without figures', () => {
    const measured = { '1 in flight': { client: 1, server: 1 } };
    for (const expected of [undefined, {}, { '64 in flight': { client: 1, server: 1 } }]) {
      assert.deepEqual(
        judge(measured, expected).map(({ verdict }) => verdict),
        ['unknown', 'unknown'],
      );
    }
  });

  it('prints what was measured, what was expected, and the difference', () => {
    const findings = judge(
      { '64 in flight': { client: 1500, server: 651 } },
      { '64 in flight': { client: 1438, server: 652 } },
    );
    const [client = '', server = ''] = findings.map(formatFinding);
    assert.match(client, /^ {2}64 in flight +client +1500 +1438 +\+62 +TOO MUCH: /);
    assert.match(server, /^ {2}64 in flight +server +651 +652 +-1$/);
  });
});

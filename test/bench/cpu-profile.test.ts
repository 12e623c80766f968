import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type CpuProfile, selfTimes } from '../../bench/cpu-profile.js';

function node(id: number, functionName: string, url = '', lineNumber = -1): CpuProfile['nodes'][number] {
  return { id, callFrame: { functionName, url, lineNumber } };
}

describe('selfTimes', () => {
  it('gives a function the time up to the next sample, over all its callers, idle time left out', () => {
    const profile: CpuProfile = {
      nodes: [
        node(1, '(idle)'),
        node(2, 'send', 'file:///a.js', 9),
        node(3, 'send', 'file:///a.js', 9),
        node(4, '', 'file:///b.js', 0),
      ],
      samples: [2, 1, 3, 4, 2],
      timeDeltas: [50, 100, 1000, 200, 100],
    };
    assert.deepEqual(selfTimes(profile), [
      { name: 'send', place: 'file:///a.js:10', share: 0.75 },
      { name: '(anonymous)', place: 'file:///b.js:1', share: 0.25 },
    ]);
  });

  it('keeps functions of one name apart', () => {
    const profile: CpuProfile = {
      nodes: [node(1, 'write', 'file:///a.js', 1), node(2, 'write', 'file:///b.js', 1)],
      samples: [1, 2, 1],
      timeDeltas: [0, 30, 10],
    };
    assert.equal(selfTimes(profile).length, 2);
  });
});

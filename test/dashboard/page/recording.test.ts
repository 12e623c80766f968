import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { applied } from '../../../dashboard/apply.js';
import { readRecording } from '../../../dashboard/page/source/recording.js';
import type { Delta, Recording } from '../../../dashboard/snapshot.js';
import { fakeSnapshot, nextDelta } from './fake-state.js';

function recorded(steps: number): Recording {
  const snapshot = fakeSnapshot();
  const deltas: Delta[] = [];
  let now = snapshot;
  for (let at = 0; at < steps; at += 1) {
    const delta = nextDelta(now);
    deltas.push(delta);
    now = applied(now, delta);
  }
  return { format: 1, kind: 'mailstation-recording', recorded: now.time, snapshot, deltas };
}

describe('a recording', () => {
  const recording = recorded(150);

  it('opens at its last moment, and goes to each other one in both directions', () => {
    const playback = readRecording(JSON.stringify(recording), 'a.json');
    assert.equal(playback.position, 150);
    for (const position of [150, 149, 10, 120, 61, 60, 0, 150]) {
      playback.seek(position);
      assert.equal(playback.snapshot.seq, 1 + position);
      const delta = recording.deltas[position - 1];
      const expected = delta === undefined ? recording.snapshot.state.figures : delta.set.figures;
      assert.deepEqual({ ...playback.snapshot.state.figures }, expected);
    }
  });

  it('keeps to its ends', () => {
    const playback = readRecording(JSON.stringify(recording), 'a.json');
    playback.seek(-5);
    assert.equal(playback.position, 0);
    playback.seek(9_999);
    assert.equal(playback.position, 150);
  });

  it('has the course up to its moment, of all servers and of one', () => {
    const playback = readRecording(JSON.stringify(recording), 'a.json');
    playback.seek(20);
    assert.equal(playback.course().times.length, 21);
    assert.equal(playback.course().rows.rate.at(-1), recording.deltas[19]?.totals.rate);
    assert.equal(playback.courseOf('chat-1').rows.rate.at(-1), recording.deltas[19]?.set.figures?.['chat-1']?.rate);
    assert.equal(playback.courseOf('nobody').times.length, 0);
  });

  it('is refused in plain words where the file is something else', () => {
    const refused: readonly (readonly [text: string, message: RegExp])[] = [
      ['{', /^the file is no JSON$/],
      ['null', /^the file is no recording of this dashboard$/],
      ['{"kind":"something"}', /^the file is no recording of this dashboard$/],
      [JSON.stringify({ ...recording, format: 2 }), /^the recording has the form 2, and this page reads form 1/],
      [JSON.stringify({ ...recording, deltas: undefined }), /^the recording is damaged: parts are missing$/],
      [
        JSON.stringify({ ...recording, deltas: recording.deltas.toSpliced(3, 1) }),
        /^the recording is damaged: step 4 does not follow/,
      ],
    ];
    for (const [text, message] of refused) assert.throws(() => readRecording(text, 'a.json'), { message });
  });
});

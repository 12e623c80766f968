import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Frame } from '../../../cli/terminal/frame.js';

const size = { columns: 20, rows: 4 };
const BEGIN = '\x1b[?2026h';
const END = '\x1b[?2026l';

describe('a frame', () => {
  it('sends every line of the screen at first, in one synchronized piece', () => {
    const bytes = new Frame().next(['one', 'two'], size);
    assert.equal(bytes, `${BEGIN}\x1b[1;1H\x1b[2Kone\x1b[2;1H\x1b[2Ktwo\x1b[3;1H\x1b[2K\x1b[4;1H\x1b[2K${END}`);
  });

  it('sends the lines that changed and no others', () => {
    const frame = new Frame();
    frame.next(['one', 'two', 'three'], size);
    assert.equal(frame.next(['one', 'zwei', 'three'], size), `${BEGIN}\x1b[2;1H\x1b[2Kzwei${END}`);
    assert.equal(frame.next(['one'], size), `${BEGIN}\x1b[2;1H\x1b[2K\x1b[3;1H\x1b[2K${END}`);
  });

  it('sends nothing for the same picture', () => {
    const frame = new Frame();
    frame.next(['one'], size);
    assert.equal(frame.next(['one'], size), '');
    assert.equal(frame.next(['one', ''], size), '');
  });

  it('sends every line again in another size, or when the screen was lost', () => {
    const frame = new Frame();
    frame.next(['one', 'two'], size);
    assert.match(frame.next(['one', 'two'], { columns: 30, rows: 2 }), /one.*two/);
    frame.forget();
    assert.match(frame.next(['one', 'two'], { columns: 30, rows: 2 }), /one.*two/);
  });

  it('leaves out lines below the screen', () => {
    assert.doesNotMatch(new Frame().next(['1', '2', '3', '4', 'five'], size), /five/);
  });
});

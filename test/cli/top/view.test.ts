import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { afterKey, FIRST_VIEW, type Shown, type View } from '../../../cli/top/view.js';

const SHOWN: Shown = { columns: ['server', 'calls', 'ok', 'p99'], page: 10, rows: 35 };

/** The view after keys. A key of one character writes itself. */
function after(keys: readonly string[], view: View | undefined = FIRST_VIEW, shown = SHOWN): View | undefined {
  return keys.reduce<View | undefined>(
    (current, name) => current && afterKey(current, { name, text: [...name].length === 1 ? name : '' }, shown),
    view,
  );
}

describe('the keys of top', () => {
  it('quit by q and Ctrl-C', () => {
    assert.deepEqual([after(['q']), after(['ctrl-c']), after(['?', 'q'])], [undefined, undefined, undefined]);
  });

  it('switch between servers and methods', () => {
    assert.equal(after(['tab'])?.rows, 'methods');
    assert.equal(after(['tab', 'tab'])?.rows, 'servers');
    assert.equal(after(['m', 'm'])?.rows, 'methods');
    assert.equal(after(['m', 's'])?.rows, 'servers');
  });

  it('sort by the column beside, and stop at the ends', () => {
    const sortOf = (...keys: string[]) => after(keys)?.sort.servers;
    assert.equal(sortOf('right'), 'ok');
    assert.equal(sortOf('>', '>', '>', '>'), 'p99');
    assert.equal(sortOf('left'), 'server');
    assert.equal(sortOf('left', 'left', 'right'), 'calls');
    assert.equal(after(['r'])?.isReversed, true);
    assert.equal(after(['r', 'right'])?.isReversed, false);
  });

  it('sort by a column on the screen where the one before has no room any more', () => {
    const view = { ...FIRST_VIEW, sort: { servers: 'health', methods: 'calls' } };
    assert.equal(after(['right'], view)?.sort.servers, 'server');
  });

  it('keep the order of servers and of methods apart', () => {
    const view = after(['right', 'm', 'left']);
    assert.deepEqual(view?.sort, { servers: 'ok', methods: 'server' });
  });

  it('type a filter, which q does not quit', () => {
    const typed = after(['/', 'c', 'q', '日']);
    assert.deepEqual([typed?.filter, typed?.isTyping], ['cq日', true]);
    assert.equal(after(['backspace'], typed)?.filter, 'cq');
    assert.equal(after(['ctrl-u'], typed)?.filter, '');
    assert.deepEqual(after(['return'], typed), { ...typed, isTyping: false });
    assert.equal(after(['escape'], typed)?.filter, '');
    assert.equal(after(['return', 'escape'], typed)?.filter, '');
    assert.equal(after(['up'], typed)?.filter, 'cq日');
    assert.equal(after(['ctrl-c'], typed), undefined);
  });

  it('pause, and show help until any key', () => {
    assert.equal(after(['p'])?.isPaused, true);
    assert.equal(after(['p', ' '])?.isPaused, false);
    assert.equal(after(['?'])?.isHelping, true);
    assert.deepEqual(after(['?', 'm']), FIRST_VIEW);
  });

  it('scroll within the rows', () => {
    const offsetOf = (...keys: string[]) => after(keys)?.offset;
    assert.equal(offsetOf('down', 'down', 'up'), 1);
    assert.equal(offsetOf('up'), 0);
    assert.equal(offsetOf('pagedown'), 10);
    assert.equal(offsetOf('end'), 25);
    assert.equal(offsetOf('end', 'home'), 0);
    assert.equal(after(['end', 'm'])?.offset, 0);
    assert.equal(after(['down'], FIRST_VIEW, { ...SHOWN, rows: 3 })?.offset, 0);
  });
});

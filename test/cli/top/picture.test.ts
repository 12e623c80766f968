import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { paintFor, unpainted } from '../../../cli/terminal/paint.js';
import { widthOf } from '../../../cli/terminal/text.js';
import { pictureOf, wholeTable } from '../../../cli/top/picture.js';
import { FIRST_VIEW, type View } from '../../../cli/top/view.js';
import type { FleetSample } from '../../../observe/fleet/index.js';
import { awayOf, methodOf, ratesOf, sampleOf, serverOf } from './samples.js';

const WIDE = { columns: 160, rows: 24 };
const painted = paintFor({ isTTY: true, hasColors: () => true }, {});

function linesOf(sample: FleetSample | undefined, view: Partial<View> = {}, size = WIDE): readonly string[] {
  return pictureOf(sample, { ...FIRST_VIEW, ...view }, size, 1_000, unpainted).lines;
}

/** First words of the lines of the table. */
function namesOf(lines: readonly string[]): string[] {
  const head = lines.findIndex((line) => /^(?:server|method)[ ↓↑]/.test(line));
  return lines.slice(head + 1, -1).flatMap((line) => (line === '' ? [] : [line.split(' ')[0] as string]));
}

const fleet = sampleOf([
  serverOf('chat-1', ratesOf(120, 5)),
  serverOf('chat-2', ratesOf(80, 20, 4), { eventLoopUse: 0.95 }),
  awayOf('chat-3', 'connect ECONNREFUSED 127.0.0.1:3333'),
  serverOf('chat-4', ratesOf(300, 1)),
]);

describe('the picture of top', () => {
  it('has the columns of each server in a wide terminal', () => {
    const line = linesOf(fleet).find((each) => each.startsWith('chat-2')) ?? '';
    const figures = ['chat-2', '80', '95%', '20ms', '20ms', '20ms', '20ms', '2', '2', '1', '4', '95%', '0.4ms'];
    assert.deepEqual(line.trim().split(/ +/), [...figures, '100M', '3m20s', '0.1.0', 'serving']);
  });

  it('has the totals, and the codes with which calls fail', () => {
    const text = linesOf(sampleOf([serverOf('chat-2', ratesOf(80, 20, 4))])).join('\n');
    assert.match(text, /1 server {2}0 methods {2}every 1s/);
    assert.match(text, /calls 80\/s {2}ok 95% .* running 2 {2}waiting 2 {2}streams 1/);
    assert.match(text, /failing: ERR_RPC_REMOTE 4\/s/);
  });

  it('sorts by calls, the servers that are away first, with their reason', () => {
    const lines = linesOf(fleet);
    assert.deepEqual(namesOf(lines), ['chat-3', 'chat-4', 'chat-1', 'chat-2']);
    assert.match(lines.join('\n'), /chat-3 +unreachable: connect ECONNREFUSED 127\.0\.0\.1:3333/);
    assert.match(lines[0] ?? '', /4 servers, 1 away/);
  });

  it('sorts by each column, in both directions, and by name with those that are away in their place', () => {
    const by = (servers: string, isReversed = false) =>
      namesOf(linesOf(fleet, { sort: { servers, methods: 'calls' }, isReversed }));
    assert.deepEqual(by('p99'), ['chat-3', 'chat-2', 'chat-1', 'chat-4']);
    assert.deepEqual(by('p99', true), ['chat-3', 'chat-4', 'chat-1', 'chat-2']);
    assert.deepEqual(by('loop'), ['chat-3', 'chat-2', 'chat-1', 'chat-4']);
    assert.deepEqual(by('server'), ['chat-1', 'chat-2', 'chat-3', 'chat-4']);
    assert.deepEqual(by('server', true), ['chat-4', 'chat-3', 'chat-2', 'chat-1']);
  });

  it('filters by name and by reason, and says where nothing is left', () => {
    assert.deepEqual(namesOf(linesOf(fleet, { filter: 'CHAT-4' })), ['chat-4']);
    assert.deepEqual(namesOf(linesOf(fleet, { filter: 'econnrefused' })), ['chat-3']);
    assert.match(linesOf(fleet, { filter: 'nobody' }).join('\n'), /none of 4 servers matches "nobody"/);
    assert.match(linesOf(fleet, { filter: 'ch', isTyping: true }).at(-1) ?? '', /^filter: ch/);
  });

  it('has methods of all servers, with the code that fails most', () => {
    const methods = [methodOf('user.rooms.greet', ratesOf(100, 5)), methodOf('user.rooms.fail', ratesOf(10, 1, 10))];
    const lines = linesOf(sampleOf([serverOf('chat-1', ratesOf(110, 5))], methods), { rows: 'methods' });
    assert.deepEqual(namesOf(lines), ['user.rooms.greet', 'user.rooms.fail']);
    assert.match(lines.join('\n'), /user\.rooms\.fail .* 0% .* ERR_RPC_REMOTE/);
  });

  it('says what is missing: answers, methods, servers, counts', () => {
    assert.deepEqual(linesOf(undefined), ['waiting for the first answers ...']);
    assert.match(linesOf(sampleOf([])).join('\n'), /there are no servers/);
    assert.match(linesOf(sampleOf([]), { rows: 'methods' }).join('\n'), /no method was called yet/);
    const chat = serverOf('chat-1', null);
    const mute = { ...chat, report: chat.report && { ...chat.report, counting: false } };
    assert.match(
      linesOf(sampleOf([mute])).join('\n'),
      /chat-1 counts no calls: createServer\(\{ callStats: false \}\)/,
    );
  });

  for (const columns of [20, 40, 61, 80, 120, 250])
    it(`fits into ${columns} columns, painted too`, () => {
      const methods = [methodOf('a.very.long.name.of.a.method.that.does.not.fit.anywhere.日本', ratesOf(100, 5, 1))];
      const names = ['chat-1', '日本語日本語日本語日本語', 'a'.repeat(300)];
      const sample = sampleOf(
        [...names.map((name) => serverOf(name, ratesOf(1_234_567, 0.5, 9))), awayOf('x', 'y'.repeat(300))],
        methods,
      );
      for (const rows of ['servers', 'methods'] as const)
        for (const isHelping of [false, true])
          for (const paint of [unpainted, painted]) {
            const size = { columns, rows: 24 };
            const { lines } = pictureOf(sample, { ...FIRST_VIEW, rows, isHelping }, size, 1_000, paint);
            assert.ok(lines.length <= 24);
            for (const line of lines) assert.ok(widthOf(stripVTControlCharacters(line)) <= columns, line);
          }
    });

  it('is readable in 40 columns: names, calls, success and p99', () => {
    const lines = linesOf(fleet, {}, { columns: 40, rows: 16 });
    const head = lines.find((line) => line.startsWith('server')) ?? '';
    assert.deepEqual(head.trim().split(/ +/), ['server', 'calls/s↓', 'ok', 'p99']);
    assert.match(lines.join('\n'), /chat-1 +120 +100% +4\.99ms/);
  });

  it('shows 200 servers page by page', () => {
    const many = sampleOf(
      Array.from({ length: 200 }, (_, at) => serverOf(`chat-${String(at).padStart(3, '0')}`, ratesOf(1, 1))),
    );
    const first = pictureOf(many, FIRST_VIEW, WIDE, 1_000, unpainted);
    assert.equal(first.shown.rows, 200);
    assert.deepEqual(namesOf(first.lines).slice(0, 2), ['chat-000', 'chat-001']);
    assert.equal(first.lines.length, 24);
    const { page } = first.shown;
    assert.ok(first.lines.includes(`1 to ${page} of 200`));
    const last = linesOf(many, { offset: 200 - page });
    assert.ok(last.includes(`${201 - page} to 200 of 200`));
    assert.ok(last.some((line) => line.startsWith('chat-199')));
    assert.deepEqual(linesOf(many, { offset: 1_000 }), last);
    assert.equal(wholeTable(many, FIRST_VIEW, 80, unpainted).length, 201);
  });

  it('prints no control character of a name, and no style without paint', () => {
    const evil = sampleOf(
      [serverOf('a\x1b[2J\n', ratesOf(1, 1)), awayOf('b', 'c\x1b]0;title\x07')],
      [methodOf('\x9b31m.x.y', ratesOf(1, 1, 1, 'E\x1b[H'))],
    );
    for (const rows of ['servers', 'methods'] as const)
      for (const line of [
        ...linesOf(evil, { rows, filter: '' }),
        ...wholeTable(evil, { ...FIRST_VIEW, rows }, 80, unpainted),
      ])
        assert.doesNotMatch(line, /\p{Cc}/u);
  });

  it('paints failures, and says them in words too', () => {
    const { lines } = pictureOf(fleet, FIRST_VIEW, WIDE, 1_000, painted);
    const text = lines.join('\n');
    assert.ok(text.includes(painted('unreachable: connect ECONNREFUSED 127.0.0.1:3333', 'red')));
    assert.ok(text.includes(painted('    95%', 'red')));
  });
});

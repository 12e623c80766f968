import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { RpcCode, RpcError } from '../../../lib/errors.js';
import type { MailBoxState } from '../../../mailbox/index.js';
import { OutageLog } from '../../../station/health/outage-log.js';
import { mockClock } from '../../lib/transport/support.js';

const REFUSED = new RpcError(RpcCode.Connect, 'connect ECONNREFUSED 127.0.0.1:3333');

function setUp(t: TestContext) {
  const clock = mockClock(t);
  const lines: string[] = [];
  const warn = (line: string): void => void lines.push(line);
  const log = new OutageLog({ info: () => assert.fail('a line that is not shown by default'), warn, error: warn });
  const mailbox = { server: { id: 'test-1', serverType: 'test', port: 3333 } };
  const move = (to: MailBoxState, reason?: RpcError): void => log.onMove(mailbox, to, reason);
  /** One failed attempt to connect, and the wait after it. */
  const fail = (ms: number): void => {
    move('connecting');
    move('backoff', REFUSED);
    clock.advance(ms);
  };
  return { clock, lines, move, fail };
}

describe('the log of servers that are out of reach', () => {
  it('has one line for an outage, with the reason, and one for its end', (t) => {
    const { lines, move, fail } = setUp(t);
    for (let at = 0; at < 10; at++) fail(500);
    assert.deepEqual(lines, [
      'mailstation: server test-1 at 127.0.0.1:3333 has been out of reach for 1.0 s; calls to the server wait until their deadlines: connect ECONNREFUSED 127.0.0.1:3333',
    ]);
    move('connecting');
    move('ready');
    assert.deepEqual(lines.slice(1), ['mailstation: server test-1 at 127.0.0.1:3333 is connected again, after 5.0 s']);
  });

  it('has no line for a server that is back within a second', (t) => {
    const { lines, move, fail } = setUp(t);
    fail(500);
    fail(499);
    move('connecting');
    move('ready');
    fail(100);
    move('connecting');
    move('ready');
    assert.deepEqual(lines, []);
  });

  it('counts the time of an attempt that hangs', (t) => {
    const { clock, lines, move } = setUp(t);
    move('connecting');
    clock.advance(3_000);
    move('backoff', new RpcError(RpcCode.Connect, 'no connection after 3000 ms'));
    assert.match(lines[0] ?? '', /out of reach for 3\.0 s.*no connection after 3000 ms$/);
  });

  it('begins anew with each outage', (t) => {
    const { lines, move, fail } = setUp(t);
    for (let outage = 0; outage < 2; outage++) {
      for (let at = 0; at < 4; at++) fail(500);
      move('connecting');
      move('ready');
    }
    assert.equal(lines.length, 4);
  });

  it('is silent about a server that is removed meanwhile', (t) => {
    const { lines, move, fail } = setUp(t);
    fail(900);
    move('closed');
    assert.deepEqual(lines, []);
  });

  it('shows no control characters of a peer', (t) => {
    const { clock, lines, move } = setUp(t);
    move('connecting');
    clock.advance(1_000);
    move('backoff', new RpcError(RpcCode.Connect, 'refused: "a\nb"'));
    assert.match(lines[0] ?? '', /refused: "a\\u000ab"$/);
  });
});

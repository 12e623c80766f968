import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { endpointOf } from '../../../lib/endpoint.js';
import { hasCode, RpcCode } from '../../../lib/errors.js';
import { resolveMailBoxOptions } from '../../../mailbox/index.js';
import { LeaderLines } from '../../../mailbox/shared/leader-lines.js';
import { lineOptions } from '../../../mailbox/shared/share-channel.js';
import { fakeCall, mockClock, tick } from '../../lib/transport/support.js';
import { type FakeLine, fakeDial, LOST, STOPPED } from '../support.js';
import { SERVER } from './support.js';

function setUp(t: TestContext) {
  const clock = mockClock(t);
  const { openLine, latest } = fakeDial();
  const lines = new LeaderLines(
    lineOptions(
      { endpoint: endpointOf({ port: 7_000 }), lead: true, maxServers: 10, maxCalls: 10 },
      resolveMailBoxOptions({}),
    ),
    openLine,
  );
  const ends: string[] = [];
  const handler = { onGoaway: () => void ends.push('goaway'), onClosed: () => void ends.push('closed') };
  const connect = async () => {
    const connecting = lines.connect(handler, new AbortController().signal);
    await latest().accept();
    return { upstreams: await connecting, line: latest().line };
  };
  return { clock, lines, latest, ends, handler, connect };
}

const told = (line: FakeLine) => line.told.map((head) => JSON.parse(head));

describe('LeaderLines', () => {
  it('dials the shared port on this machine, and registers on the shared channel', async (t) => {
    const { latest, connect } = setUp(t);
    await connect();
    const { endpoint, channel } = latest().options;
    assert.deepEqual([endpoint, channel], [{ transport: 'tcp', host: '127.0.0.1', port: 7_000 }, 'mailstation.share']);
  });

  it('refuses a Leader that relays nothing, and ends that line', async (t) => {
    const { lines, latest, handler } = setUp(t);
    const connecting = lines.connect(handler, new AbortController().signal);
    const refused = assert.rejects(connecting, (error) => hasCode(error, [RpcCode.Register]));
    latest().line.features.length = 0;
    await latest().accept();
    await refused;
    assert.deepEqual(latest().line.ends, ['destroy']);
  });

  it('passes on how a line ends', async (t) => {
    const { ends, connect } = setUp(t);
    const { line } = await connect();
    line.goaway();
    line.close();
    assert.deepEqual(ends, ['goaway', 'closed']);
  });

  it('names each server by a number of its own on the line', async (t) => {
    const { connect } = setUp(t);
    const { upstreams, line } = await connect();
    const news: string[] = [];
    const user = (name: string) => ({
      onStatus: ({ state }: { state: string }) => void news.push(`${name} ${state}`),
      onDrained: () => void news.push(`${name} drained`),
      onReturned: () => {},
    });
    const [a, b] = [
      upstreams.open(SERVER, user('a')),
      upstreams.open({ ...SERVER, id: 'test-2', host: 'b.example', transport: 'ws' }, user('b')),
    ];
    a.connect();
    b.connect();
    assert.deepEqual(told(line), [
      {
        type: 'open_mailbox',
        to: 1,
        server: { id: 'test-1', host: '127.0.0.1', port: 3_333, transport: 'tcp' },
      },
      { type: 'open_mailbox', to: 2, server: { id: 'test-2', host: 'b.example', port: 3_333, transport: 'ws' } },
    ]);
    line.reportState(2, 'ready');
    line.reportState(1, 'backoff');
    line.reportState(7, 'ready');
    assert.deepEqual(news, ['b ready', 'a backoff']);
    b.release();
    line.reportState(2, 'backoff');
    assert.deepEqual([news.length, told(line).at(-1)], [2, { type: 'close_mailbox', to: 2 }]);
    upstreams.clear();
    line.reportState(1, 'ready');
    assert.equal(news.length, 2, 'nothing is reported by way of a Leader that is gone');
  });

  it('is full where the real mailbox is, or the line, and has drained when neither is', async (t) => {
    const { connect } = setUp(t);
    const { upstreams, line } = await connect();
    const news: string[] = [];
    const upstream = upstreams.open(SERVER, {
      onStatus: ({ state }) => void news.push(state),
      onDrained: () => void news.push('drained'),
      onReturned: () => {},
    });
    line.reportState(1, 'ready');
    line.reportState(1, 'full');
    assert.equal(upstream.isFull, true);
    line.isFull = true;
    line.reportState(1, 'ready');
    assert.deepEqual([upstream.isFull, news], [true, ['ready']], 'the line is full yet');
    line.drained();
    assert.deepEqual([upstream.isFull, news], [false, ['ready', 'drained']]);
    const { call } = fakeCall();
    upstream.send(call);
    assert.deepEqual([line.sent, call.requestCodec === undefined], [[call], false]);
  });

  it('drains every line that is open, and resolves when the last has ended', async (t) => {
    const { lines, connect } = setUp(t);
    const [old, current] = [(await connect()).line, (await connect()).line];
    let isDrained = false;
    const drained = lines.drain(STOPPED, 300).then(() => {
      isDrained = true;
    });
    assert.deepEqual([old.ends, current.ends], [['drain 300'], ['drain 300']]);
    current.close();
    await tick();
    assert.equal(isDrained, false);
    old.close();
    await drained;
  });

  it('drains for no longer than it may, and at once where no line is open', async (t) => {
    const { clock, lines, connect } = setUp(t);
    await lines.drain(STOPPED, 300);
    await connect();
    const drained = lines.drain(STOPPED, 300);
    clock.advance(300);
    await drained;
  });

  it('destroys every line, save one that was closed before it was open', async (t) => {
    const { lines, latest, handler, connect } = setUp(t);
    const { line } = await connect();
    const connecting = lines.connect(handler, new AbortController().signal);
    const closed = latest().line;
    closed.closeReason = LOST;
    await latest().accept();
    await connecting;
    lines.destroy(STOPPED);
    assert.deepEqual([line.ends, closed.ends], [['destroy'], []]);
  });
});

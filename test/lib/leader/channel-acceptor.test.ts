import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { portOf } from '../../../lib/endpoint.js';
import { RpcCode, RpcError } from '../../../lib/errors.js';
import type { ChannelAcceptorOptions } from '../../../lib/leader/channel-acceptor.js';
import { PACKAGE } from '../../../lib/package.js';
import { STOCK_CODEC } from '../../../lib/protocol/codecs.js';
import type { Listener } from '../../../lib/transport/transport.js';
import { type MockClock, mockClock, type Packet, tick } from '../transport/support.js';
import { EXT, type FakePeer, fakeChannel, fakePort, STOPPING } from './support.js';

const OVER = new RpcError(RpcCode.Closed, 'the test is over');

type Port = ReturnType<typeof fakePort> & { readonly clock: MockClock };

async function listening(t: TestContext, options: Partial<ChannelAcceptorOptions> = {}): Promise<Port> {
  const clock = mockClock(t);
  const port = Object.assign(fakePort(options), { clock });
  await port.acceptor.listen();
  t.after(() => port.acceptor.destroy(OVER));
  return port;
}

const bodyOf = ({ body }: Packet): unknown => STOCK_CODEC.decode(body, 0, body.length);
const kindsOf = (packets: readonly Packet[]): unknown[] => packets.map(({ head }) => head.type);

async function refusal(peer: FakePeer): Promise<{ name: string; message: string; code: string }> {
  const [answer] = await peer.answers();
  const { success, error } = bodyOf(answer ?? assert.fail('no answer')) as { success: boolean; error: never };
  assert.equal(success, false);
  return error;
}

describe('ChannelAcceptor, the port', () => {
  it('has the endpoint that was asked for, then the one that it got', async (t) => {
    mockClock(t);
    const { acceptor, claims } = fakePort();
    assert.deepEqual([portOf(acceptor.endpoints[0]), acceptor.canStandBy], [0, true]);
    await acceptor.listen();
    t.after(() => acceptor.destroy(OVER));
    assert.equal(portOf(acceptor.endpoints[0]), 7777);
    assert.equal(acceptor.description, 'tcp://127.0.0.1:7777, reachable from this machine only');
    assert.deepEqual([claims[0]?.insecure, claims[0]?.maxHandshakes], [false, 100]);
  });

  it('is asked for again where it was held', async (t) => {
    mockClock(t);
    const port = fakePort();
    const { acceptor } = port;
    port.claimBy(() => Promise.reject(new RpcError(RpcCode.AddressInUse, 'port 1 is in use')));
    await assert.rejects(acceptor.listen(), { code: RpcCode.AddressInUse });
    port.claimBy(async ({ endpoint }) => ({ endpoint, close: async () => {} }));
    await acceptor.listen();
    acceptor.destroy(OVER);
  });

  it('is freed at once when it comes after the end', async (t) => {
    mockClock(t);
    const port = fakePort();
    let closes = 0;
    let resolve = (_listener: Listener): void => {};
    port.claimBy(
      () =>
        new Promise((onListening) => {
          resolve = onListening;
        }),
    );
    const late = port.acceptor.listen();
    port.acceptor.destroy(STOPPING);
    const close = async (): Promise<void> => {
      closes += 1;
    };
    resolve({ endpoint: { transport: 'tcp', host: '127.0.0.1', port: 1 }, close });
    await assert.rejects(late, { code: RpcCode.Closed });
    assert.equal(closes, 1);
  });
});

describe('ChannelAcceptor, admission', () => {
  it('reports each connection that is admitted, and its end', async (t) => {
    const { connect, events, acceptor } = await listening(t);
    connect();
    const second = connect('::ffff:10.0.0.7:99');
    second.close();
    assert.deepEqual(events, [
      'open 1 127.0.0.1 127.0.0.1:1000',
      'open 2 10.0.0.7 ::ffff:10.0.0.7:99',
      `closed 2 ${RpcCode.ConnectionLost}`,
    ]);
    assert.equal(acceptor.connections, 1);
  });

  it('evicts the connection that has waited longest without registering, for a newer one', async (t) => {
    const { connect, log, acceptor } = await listening(t, { maxUnregistered: 2 });
    acceptor.lead(fakeChannel('test-1'));
    const registered = connect();
    registered.register('test-1');
    const [oldest, later] = [connect(), connect()];
    const newest = connect();
    assert.deepEqual(
      [registered, oldest, later, newest].map(({ isDestroyed }) => isDestroyed),
      [false, true, false, false],
    );
    assert.match(
      String(log[0]),
      /dropped the connection from 127\.0\.0\.1:1001: .*; 2 connections have not registered \(maxUnregistered\)$/,
    );
  });

  it('refuses a new connection where all others have registered', async (t) => {
    const { connect, log, events, acceptor } = await listening(t, { maxConnections: 2 });
    acceptor.lead(fakeChannel('test-1'));
    const old = [connect(), connect()];
    for (const each of old) each.register('test-1');
    const refused = connect();
    assert.deepEqual(
      [...old, refused].map(({ isDestroyed }) => isDestroyed),
      [false, false, true],
    );
    assert.deepEqual(log, [
      'mailstation: refused a connection from 127.0.0.1:1002: 2 connections are open (maxConnections)',
    ]);
    assert.equal(events.length, 2, 'neither its beginning nor its end is reported');
  });

  it('evicts no connection for one that the whitelist refuses', async (t) => {
    const { connect, acceptor } = await listening(t, { maxUnregistered: 1, admits: (ip) => ip !== '10.0.0.7' });
    const first = connect();
    assert.equal(connect('10.0.0.7:1').isDestroyed, true);
    assert.deepEqual([first.isDestroyed, acceptor.connections], [false, 1]);
  });

  it('reads nothing from a connection until the whitelist has answered', async (t) => {
    const answers: ((isAllowed: boolean) => void)[] = [];
    const admits = () => new Promise<boolean>((resolve) => void answers.push(resolve));
    const { connect, events, log, acceptor } = await listening(t, { admits });
    const [admitted, refused, gone] = [connect(), connect(), connect()];
    assert.deepEqual([admitted.isPaused, events], [true, []]);
    gone.close();
    for (const [i, answer] of answers.entries()) answer(i !== 1);
    await tick();
    assert.deepEqual([admitted.isPaused, refused.isDestroyed, acceptor.connections], [false, true, 1]);
    assert.deepEqual(events, ['open 1 127.0.0.1 127.0.0.1:1000']);
    assert.match(String(log[0]), /refused a connection from 127\.0\.0\.1:1001: 127\.0\.0\.1 is not in the whitelist/);
  });

  it('drops what neither registers nor waits for a Leader', async (t) => {
    const { connect, clock, acceptor } = await listening(t);
    acceptor.lead(fakeChannel('test-1'));
    const [silent, registered, waiting] = [connect(), connect(), connect()];
    registered.register('test-1');
    waiting.register('later', EXT, 1, 60_000);
    clock.advance(900);
    assert.equal(silent.isDestroyed, false);
    clock.advance(1_200);
    assert.deepEqual([silent.isDestroyed, registered.isDestroyed, waiting.isDestroyed], [true, false, false]);
  });

  it('drops a connection that does not complete its frame', async (t) => {
    const { connect, clock, acceptor } = await listening(t);
    acceptor.lead(fakeChannel('test-1'));
    const [half, whole] = [connect(), connect()];
    for (const peer of [half, whole]) peer.register('test-1');
    half.receive(Buffer.from([1, 0, 0]));
    clock.advance(1_500);
    assert.equal(half.isDestroyed, false);
    clock.advance(1_600);
    assert.deepEqual([half.isDestroyed, whole.isDestroyed], [true, false]);
  });

  it('logs what its listener has refused, one line a second', async (t) => {
    const { claims, log, clock } = await listening(t);
    for (let i = 0; i < 5; i++) claims[0]?.onRefused?.(`ws://10.0.0.7:${i}`, 'no upgrade');
    assert.deepEqual(log, ['mailstation: refused a connection from ws://10.0.0.7:0: no upgrade']);
    clock.advance(1_001);
    assert.match(String(log[1]), /10\.0\.0\.7:4: no upgrade \(and 3 more/);
  });
});

describe('ChannelAcceptor, registration', () => {
  it('brings each Follower to the channel of its name, or to the one that has none', async (t) => {
    const { connect, acceptor } = await listening(t);
    const [a, any] = [fakeChannel('a'), fakeChannel(undefined)];
    acceptor.lead(a);
    acceptor.lead(any);
    for (const [name, channel] of [
      ['a', a],
      ['whatever', any],
    ] as const) {
      const peer = connect();
      peer.register(name);
      peer.invoke(2);
      assert.equal(channel.calls.length, 1, name);
    }
  });

  it('answers with the codec, the features of the channel, and the holder of the port', async (t) => {
    const { connect, acceptor } = await listening(t);
    acceptor.lead(fakeChannel('plain'));
    acceptor.lead(fakeChannel('other', { features: ['results'] }));
    const extOf = async (name: string): Promise<Record<string, unknown>> => {
      const peer = connect();
      peer.register(name);
      const [answer] = await peer.answers();
      assert.deepEqual(bodyOf(answer ?? assert.fail()), { success: true });
      return answer?.head.ext;
    };
    const holder = { ...PACKAGE, pid: process.pid, channels: ['plain', 'other'] };
    const features = ['results', 'meta', 'goaway', 'progress', 'cancel', 'stream', 'caller', 'trace'];
    const { generation, ...ext } = await extOf('plain');
    assert.deepEqual(ext, { version: 1, codecs: ['json'], features, maxFrameBytes: 10_000, holder });
    assert.match(String(generation), /^[\w-]{16}$/);
    const other = await extOf('other');
    assert.deepEqual([other['features'], other['generation']], [['results'], generation]);
  });

  it('waits for the Leader of the channel', async (t) => {
    const { connect, acceptor } = await listening(t);
    const peer = connect();
    peer.register('late');
    assert.deepEqual(await peer.answers(), []);
    acceptor.lead(fakeChannel('other'));
    assert.deepEqual(await peer.answers(), []);
    acceptor.lead(fakeChannel('late'));
    assert.deepEqual(kindsOf(await peer.answers()), ['register_channel_res']);
  });

  it('refuses in time where no Leader comes, and names the holder; a stock peer is left to its own retry', async (t) => {
    const { connect, clock, acceptor } = await listening(t, { handshakeTimeout: 60_000 });
    acceptor.lead(fakeChannel('a'));
    const [ours, stock] = [connect(), connect()];
    ours.register('nobody', { ...EXT, asksHolder: 1 }, 1, 1_000);
    stock.register('nobody', null, 1, 1_000);
    clock.advance(799);
    assert.deepEqual(await ours.answers(), []);
    clock.advance(2_000);
    const { code, message } = await refusal(ours);
    assert.equal(code, 'no_leader');
    assert.match(message, /no process leads the channel "nobody".*process \d+ \(mailstation .*leads "a"$/);
    assert.deepEqual([await stock.answers(), stock.isDestroyed], [[], false]);
  });

  it('shows nothing of its process to a peer that does not ask, or that is not on this machine', async (t) => {
    const { connect, clock, acceptor } = await listening(t, { handshakeTimeout: 60_000 });
    acceptor.lead(fakeChannel('a'));
    const [silent, remote, mapped] = [connect(), connect('10.0.0.5:99'), connect('::ffff:10.0.0.5:99')];
    silent.register('nobody', EXT, 1, 1_000);
    remote.register('nobody', { ...EXT, asksHolder: 1 }, 1, 1_000);
    mapped.register('nobody', { ...EXT, asksHolder: 1 }, 1, 1_000);
    clock.advance(2_000);
    for (const peer of [silent, remote, mapped])
      assert.equal((await refusal(peer)).message, 'no process leads the channel "nobody" on this port');
    const accepted = connect('10.0.0.5:98');
    accepted.register('a');
    const [answer] = await accepted.answers();
    assert.equal(JSON.stringify(answer?.head).includes('holder'), false);
  });

  it('refuses with a code what a failed Leader, or no codec in common, prevents', async (t) => {
    const { connect, acceptor } = await listening(t);
    acceptor.lead(fakeChannel('failed', { refusal: 'the real client failed' }));
    acceptor.lead(fakeChannel('a'));
    const [failed, codecs] = [connect(), connect()];
    failed.register('failed');
    codecs.register('a', { ...EXT, codecs: ['morse'] });
    const { code, message } = await refusal(failed);
    assert.deepEqual([code, message], ['leader_failed', 'the real client failed']);
    const other = await refusal(codecs);
    assert.deepEqual([other.code, other.message], ['no_codec', 'no codec in common: the Follower offers morse']);
    codecs.register('a', EXT, 2);
    assert.deepEqual(bodyOf((await codecs.answers())[0] ?? assert.fail()), { success: true }, 'it may try again');
  });
});

describe('ChannelAcceptor, draining', () => {
  it('frees the port, sends goaways, answers what was sent, and is over with the last connection', async (t) => {
    const port = await listening(t);
    const { connect, acceptor } = port;
    const channel = fakeChannel('test-1');
    acceptor.lead(channel);
    const peer = connect();
    peer.register('test-1');
    peer.invoke(2);
    await peer.answers();
    let isOver = false;
    const drained = acceptor.drain(STOPPING, 5_000).then(() => {
      isOver = true;
    });
    assert.equal(port.closes, 1);
    const [goaway] = await peer.answers();
    assert.equal(goaway?.head.type, 'goaway');
    peer.acknowledge(goaway);
    await tick();
    assert.equal(peer.isEnded, false, 'a call is in progress');
    channel.calls[0]?.succeed([1]);
    assert.deepEqual(kindsOf(await peer.answers()), ['invoke_result']);
    assert.deepEqual([peer.isEnded, isOver], [true, false]);
    peer.close();
    await drained;
    await acceptor.drain(STOPPING, 5_000);
  });

  it('refuses connections that still come, and ends those that were not admitted yet', async (t) => {
    const { connect, log, acceptor } = await listening(t, { admits: (ip) => ip === '::1' || new Promise(() => {}) });
    acceptor.lead(fakeChannel('test-1'));
    const [peer, unknown] = [connect('::1:5'), connect()];
    peer.register('test-1');
    void acceptor.drain(STOPPING, 5_000);
    await tick();
    assert.deepEqual([peer.isDestroyed, unknown.isDestroyed], [false, true]);
    assert.equal(connect('::1:6').isDestroyed, true);
    assert.match(String(log.at(-1)), /refused a connection from ::1:6: the server is stopping/);
  });

  it('cuts off what is left when the time is up', async (t) => {
    const { connect, clock, acceptor, events } = await listening(t);
    acceptor.lead(fakeChannel('test-1'));
    const peer = connect();
    peer.register('test-1');
    peer.invoke(2);
    const drained = acceptor.drain(STOPPING, 500);
    await tick();
    clock.advance(499);
    assert.equal(peer.isDestroyed, false);
    clock.advance(2);
    await drained;
    assert.deepEqual([peer.isDestroyed, events.at(-1)], [true, `closed 1 ${RpcCode.Stopping}`]);
  });

  it('drains the Followers of one channel, who wait for its next Leader when they come back', async (t) => {
    const { connect, acceptor } = await listening(t);
    const a = fakeChannel('a');
    acceptor.lead(a);
    acceptor.lead(fakeChannel('b'));
    const [ofA, ofB] = [connect(), connect()];
    ofA.register('a');
    ofB.register('b');
    await Promise.all([ofA.answers(), ofB.answers()]);
    const drained = acceptor.drainChannel(a, STOPPING, 5_000);
    const [goaway] = await ofA.answers();
    ofA.acknowledge(goaway);
    await tick();
    assert.deepEqual([ofA.isEnded, ofB.isEnded, await ofB.answers()], [true, false, []]);
    ofA.close();
    await drained;
    const back = connect();
    back.register('a');
    assert.deepEqual(await back.answers(), []);
    acceptor.lead(fakeChannel('a'));
    assert.deepEqual(kindsOf(await back.answers()), ['register_channel_res']);
  });

  it('ends all at once when it is destroyed, also in the middle of a drain', async (t) => {
    const { connect, acceptor } = await listening(t);
    acceptor.lead(fakeChannel('test-1'));
    const peer = connect();
    peer.register('test-1');
    const drained = acceptor.drain(STOPPING, 5_000);
    await tick();
    acceptor.destroy(STOPPING);
    await drained;
    assert.deepEqual([peer.isDestroyed, acceptor.connections], [true, 0]);
  });
});

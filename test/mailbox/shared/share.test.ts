import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { endpointOf } from '../../../lib/endpoint.js';
import { RpcCode, RpcError } from '../../../lib/errors.js';
import { LocalUpstream } from '../../../mailbox/shared/local-upstream.js';
import { Share, type ShareParts } from '../../../mailbox/shared/share.js';
import type { SharingState } from '../../../mailbox/shared/sharing.js';
import { UpstreamPool } from '../../../mailbox/shared/upstream-pool.js';
import { fakeCall, mockClock, tick, told } from '../../lib/transport/support.js';
import { until } from '../../support/until.js';
import { fakeDial, LOST, STOPPED } from '../support.js';
import { FakeMailBox, relayOptions, SERVER } from './support.js';

const HELD = new RpcError(RpcCode.AddressInUse, 'port 7000 is in use');

/** The port, as the test gives it, with real mailboxes that are fakes. */
class FakeRelay {
  readonly ends: string[] = [];
  readonly made: FakeMailBox[] = [];
  readonly claims: { take(): Promise<void>; refuse(error?: RpcError): Promise<void> }[] = [];
  readonly #pool = new UpstreamPool(relayOptions(), (server) => {
    const mailbox = new FakeMailBox(server);
    this.made.push(mailbox);
    return mailbox;
  });

  claim(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.claims.push({
        take: () => {
          resolve();
          return tick();
        },
        refuse: (error = HELD) => {
          reject(error);
          return tick();
        },
      });
    });
  }

  readonly open: ShareParts['relay']['open'] = (server, user) => new LocalUpstream(this.#pool, server, user);

  async drain(_reason: RpcError, timeoutMs: number): Promise<void> {
    this.ends.push(`drain ${timeoutMs}`);
  }

  destroy(): void {
    this.ends.push('destroy');
  }

  async close(_reason: RpcError, timeoutMs: number): Promise<void> {
    this.ends.push(`close ${timeoutMs}`);
  }
}

function setUp(t: TestContext, { lead = true } = {}) {
  const clock = mockClock(t);
  const relay = new FakeRelay();
  const dial = fakeDial();
  const warnings: string[] = [];
  const moves: SharingState[] = [];
  const logger = { ...relayOptions().logger, warn: (text: string) => void warnings.push(text) };
  const share = new Share(
    { ...relayOptions(), logger },
    { endpoint: endpointOf({ port: 7_000 }), lead, maxServers: 10, maxCalls: 10 },
    (to) => void moves.push(to),
    {
      relay,
      openLine: dial.openLine,
    },
  );
  const claim = () => relay.claims.at(-1) ?? assert.fail('the port was not claimed');
  const follows = async () => {
    if (lead) await claim().refuse();
    await dial.latest().accept();
    assert.equal(share.state, 'following');
    return dial.latest().line;
  };
  const mailbox = async () => {
    const opened = share.open(SERVER);
    opened.connect();
    await tick();
    return opened;
  };
  // Not awaited: a claim that the test leaves open never settles.
  t.after(() => void share.close(STOPPED, 0));
  return { clock, share, relay, ...dial, claim, follows, mailbox, moves, warnings };
}

describe('Share: leading', () => {
  it('leads when it takes the port; its mailboxes are the real ones', async (t) => {
    const { share, relay, claim, mailbox, moves } = setUp(t);
    assert.deepEqual([share.state, relay.claims.length], ['idle', 0]);
    share.start();
    const early = await mailbox();
    await claim().take();
    assert.deepEqual([share.state, moves], ['leading', ['electing', 'leading']]);
    relay.made[0]?.move('ready');
    assert.equal(early.state, 'ready');
    const { call } = fakeCall();
    early.send(call);
    assert.deepEqual(relay.made[0]?.sent, [call]);
  });

  it('stops relaying for others when it drains, and goes on with its own mailboxes', async (t) => {
    const { share, relay, claim, mailbox } = setUp(t);
    share.start();
    await claim().take();
    const own = await mailbox();
    relay.made[0]?.move('ready');
    await share.drain(STOPPED, 300);
    assert.deepEqual([relay.ends, share.state, own.state], [['drain 300'], 'leading', 'ready']);
  });

  it('has nothing to drain while it does not lead', async (t) => {
    const { share, relay, follows } = setUp(t);
    await share.drain(STOPPED, 300);
    share.start();
    await share.drain(STOPPED, 300);
    await follows();
    await share.drain(STOPPED, 300);
    assert.deepEqual(relay.ends, []);
  });
});

describe('Share: following', () => {
  it('follows the Leader that has the port; its calls travel on that line', async (t) => {
    const { share, follows, mailbox, moves } = setUp(t);
    share.start();
    const early = await mailbox();
    const line = await follows();
    assert.equal(line.told.length, 1, 'the mailbox is opened there');
    line.reportState(1, 'ready');
    assert.equal(early.state, 'ready');
    const { call } = fakeCall();
    early.send(call);
    assert.deepEqual([line.sent, moves], [[call], ['electing', 'following']]);
  });

  it('takes over when the Leader is gone; its mailboxes go on with the real ones', async (t) => {
    const { share, relay, claim, follows, mailbox, moves } = setUp(t);
    share.start();
    const line = await follows();
    const mine = await mailbox();
    line.reportState(1, 'ready');
    const { call, outcomes } = fakeCall();
    mine.send(call);
    line.close();
    assert.deepEqual([mine.state, told(outcomes)], ['backoff', [`${RpcCode.ConnectionLost} unknown`]]);
    await claim().take();
    relay.made[0]?.move('ready');
    assert.deepEqual([mine.state, moves], ['ready', ['electing', 'following', 'electing', 'leading']]);
  });

  it('leaves a Leader that stops, while calls are still answered on that line', async (t) => {
    const { share, claim, follows, mailbox, latest } = setUp(t);
    share.start();
    const old = await follows();
    const mine = await mailbox();
    old.reportState(1, 'ready');
    const { call, outcomes } = fakeCall();
    mine.send(call);
    old.goaway();
    assert.deepEqual([share.state, mine.state, old.ends.length, outcomes], ['electing', 'backoff', 1, []]);
    await claim().refuse();
    await latest().accept();
    old.reportState(1, 'ready');
    assert.equal(mine.state, 'connecting', 'reports of the old Leader are ignored');
    call.succeed(['late']);
    old.close();
    assert.deepEqual([told(outcomes), share.state], [['ok late'], 'following']);
  });

  it('waits for a Leader where it may not lead itself', async (t) => {
    const { share, relay, follows } = setUp(t, { lead: false });
    share.start();
    await follows();
    assert.deepEqual(relay.claims, []);
  });
});

describe('Share: obstacles', () => {
  it('are known to its mailboxes, and logged once each, with advice', async (t) => {
    const { share, relay, mailbox, latest, claim, warnings } = setUp(t);
    share.start();
    const mine = await mailbox();
    assert.match(mine.lastFailure?.message ?? '', /no process leads the shared mailboxes on port 7000 yet/);
    const stranger = (ms: number) => new RpcError(RpcCode.Register, `the registration took ${ms} ms`);
    for (const [at, ms] of [12, 13].entries()) {
      await until(() => relay.claims.length > at, { what: 'the next attempt' });
      await claim().refuse();
      await latest().refuse(stranger(ms));
    }
    await until(() => relay.claims.length > 2, { what: 'another attempt' });
    assert.match(mine.lastFailure?.message ?? '', /no process leads the shared mailboxes on port 7000: .*took 13 ms/);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? '', /^mailstation: no process leads .*; give all processes a `share.port`/);
  });
});

describe('Share: closing', () => {
  const reach = {
    idle: async () => {},
    electing: async ({ share }: ReturnType<typeof setUp>) => share.start(),
    leading: async ({ share, claim }: ReturnType<typeof setUp>) => {
      share.start();
      await claim().take();
    },
    following: async ({ share, follows }: ReturnType<typeof setUp>) => {
      share.start();
      await follows();
    },
  };

  for (const [state, bring] of Object.entries(reach)) {
    it(`at once, ends a share that is ${state}, and its lines`, async (t) => {
      const world = setUp(t);
      await bring(world);
      assert.equal(world.share.state, state);
      const closed = world.share.close(STOPPED, 0);
      assert.equal(world.share.state, 'closed');
      if (state === 'electing') await world.claim().refuse();
      await closed;
      assert.deepEqual([world.moves.at(-1), world.relay.ends], ['closed', ['close 0']]);
      if (state === 'following') assert.deepEqual(world.latest().line.ends, ['destroy']);
      assert.equal(world.share.upstream(SERVER, await world.mailbox()), undefined);
    });
  }

  it('in order, drains its line, and reports its last state meanwhile', async (t) => {
    const { share, relay, follows, moves } = setUp(t);
    share.start();
    const line = await follows();
    const closed = share.close(STOPPED, 300);
    assert.deepEqual([share.state, line.ends], ['following', ['drain 300']]);
    line.close();
    await closed;
    assert.deepEqual([share.state, moves, relay.ends], ['closed', ['electing', 'following', 'closed'], ['close 300']]);
  });

  it('in order, does not compete any more, whatever becomes of the Leader', async (t) => {
    const { share, relay, follows, moves } = setUp(t);
    share.start();
    const line = await follows();
    const claims = relay.claims.length;
    const closed = share.close(STOPPED, 300);
    line.goaway();
    await tick();
    assert.deepEqual([relay.claims.length, moves.at(-1)], [claims, 'following']);
    line.close();
    await closed;
  });

  it('is cut off when it is forced', async (t) => {
    const { share, follows, relay } = setUp(t);
    share.start();
    const line = await follows();
    const closed = share.close(STOPPED, 300);
    await share.close(STOPPED, 0);
    await closed;
    assert.deepEqual([share.state, line.ends], ['closed', ['drain 300', 'destroy']]);
    assert.deepEqual(relay.ends.sort(), ['close 0', 'close 300']);
  });

  it('releases a port that it gets too late, and waits until that is over', async (t) => {
    const { share, relay, claim, moves } = setUp(t);
    share.start();
    let isClosed = false;
    const closed = share.close(STOPPED, 0).then(() => {
      isClosed = true;
    });
    await tick();
    assert.equal(isClosed, false, 'the system is still asked for the port');
    await claim().take();
    await closed;
    assert.deepEqual(
      [relay.ends, moves],
      [
        ['close 0', 'destroy'],
        ['electing', 'closed'],
      ],
    );
  });

  it('ends a line that it gets too late', async (t) => {
    const { share, claim, latest } = setUp(t);
    share.start();
    await claim().refuse();
    const attempt = latest();
    const accepted = attempt.accept();
    await share.close(LOST, 0);
    await accepted;
    assert.deepEqual([share.state, attempt.line.ends], ['closed', ['destroy']]);
  });
});

import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { OutgoingCall } from '../../../../lib/call/outgoing-call.js';
import { resolveClusterOptions } from '../../../../lib/cluster/options.js';
import { LeaderChannel } from '../../../../lib/cluster/real-client/leader-channel.js';
import type { ElectionPort } from '../../../../lib/cluster/role/election-port.js';
import { PortElection, type PortElectionState } from '../../../../lib/cluster/role/port-election.js';
import type { Role } from '../../../../lib/cluster/role/role.js';
import type { RoleSourceHandler } from '../../../../lib/cluster/role/role-source.js';
import { RpcCode, RpcError } from '../../../../lib/errors.js';
import type { Line, LineHandler } from '../../../../lib/follower/line.js';
import type { PortLease } from '../../../../lib/leader/port-lease.js';
import { RefusalCode } from '../../../../lib/protocol/refusal.js';
import type { Channel } from '../../../../lib/serving/channel.js';
import { until } from '../../../support/until.js';
import { generated, heard } from '../support.js';

const HELD = new RpcError(RpcCode.AddressInUse, 'port 1 is in use');
const GONE = new RpcError(RpcCode.ConnectionLost, 'the connection is gone');
const OVER = new RpcError(RpcCode.Closed, 'the test is over');
const refusedWith = (code: string) =>
  new RpcError(RpcCode.Register, 'not accepted', { cause: Object.assign(new Error('refused'), { code }) });

/** The part of a line that an election and a Follower's role use. */
class FakeLine {
  state = 'ready';
  isFull = false;
  isGoingAway = false;
  readonly agreement = {};
  closeReason: RpcError | undefined;
  readonly sent: OutgoingCall[] = [];
  readonly #world: FakeWorld;
  readonly #handler: LineHandler;
  readonly #name: string;

  constructor(world: FakeWorld, handler: LineHandler, name: string) {
    this.#world = world;
    this.#handler = handler;
    this.#name = name;
  }

  invoke(call: OutgoingCall): void {
    this.sent.push(call);
    call.succeed([]);
  }

  drain(reason: RpcError): void {
    if (this.state !== 'ready') return;
    this.state = 'draining';
    this.#world.log.push(`${this.#name} drains`);
    if (!this.#world.holdsLines) this.end(reason);
  }

  destroy(reason: RpcError): void {
    this.#world.log.push(`${this.#name} is destroyed`);
    this.end(reason);
  }

  goaway(): void {
    this.isGoingAway = true;
    this.#handler.onGoaway(this as unknown as Line);
  }

  end(reason = GONE): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    this.closeReason = reason;
    this.#handler.onClosed(this as unknown as Line, reason);
  }
}

/** Answers of the system, and all that happens to the port, the lines and the real client, in order. */
interface FakeWorld {
  readonly log: string[];
  readonly lines: FakeLine[];
  claim(): Promise<void>;
  /** Settles when the right of a claim is lost; each claim asks once. */
  lost?(): Promise<RpcError>;
  dial(): Promise<void>;
  ready(): Promise<void>;
  close(): Promise<void>;
  /** Lines stay open when they are drained, as lines with calls in flight do. */
  holdsLines: boolean;
  holder: string | undefined;
}

function setUp(
  t: TestContext,
  { isLeader = null as boolean | null, ...given }: Partial<FakeWorld> & { isLeader?: boolean | null } = {},
) {
  const world: FakeWorld = {
    log: [],
    lines: [],
    claim: async () => {},
    dial: async () => {},
    ready: async () => {},
    close: async () => {},
    holdsLines: false,
    holder: 'another process',
    ...given,
  };
  const { log } = world;
  class Real {
    constructor() {
      log.push('the real client is made');
    }
    ready(callback: (error?: Error) => void): void {
      world.ready().then(() => callback(), callback);
    }
    publish(): void {}
    async close(): Promise<void> {
      log.push('the real client is closed');
      await world.close();
    }
  }
  const lease: PortLease = {
    lead: ({ name, refusal }: Channel) =>
      void log.push(refusal === undefined ? `leads ${name}` : `refuses: ${refusal}`),
    withdraw: async () => void log.push('Followers go'),
    release: async () => void log.push('the port is released'),
  };
  const port: ElectionPort = {
    async claim() {
      await world.claim();
      return { lease, ...(world.lost && { lost: world.lost() }) };
    },
    async dial(handler) {
      await world.dial();
      const line = new FakeLine(world, handler, `line ${world.lines.length}`);
      world.lines.push(line);
      return line as unknown as Line;
    },
    holder: async () => world.holder,
  };
  const logger = { info: () => {}, warn: () => {}, error: () => {} };
  const roles: Role[] = [];
  const obstacles: string[] = [];
  const passing: string[] = [];
  const handler: RoleSourceHandler = {
    onRole: (role) => {
      log.push(role.isLeader ? 'Leader' : 'Follower');
      roles.push(role);
    },
    onLost: (reason) => void log.push(`lost: ${reason.message}`),
    onObstacle: (error) => void obstacles.push(error.message),
    onPassingObstacle: (error) => void passing.push(error.message),
    onFailed: (error) => void log.push(`failed: ${error.message}`),
    onSearching: () => {},
    onValue: () => {},
    onError: (error) => void log.push(`error: ${error.message}`),
    onDrained: () => {},
  };
  const options = resolveClusterOptions({ name: 'Data', port: 1, isLeader, logger }, 'Data');
  const delegates = generated(Real);
  const election = new PortElection(
    {
      options,
      port,
      publishMethod: delegates.methodFor('publish'),
      makeChannel: () => new LeaderChannel(() => new Real(), delegates, options, heard()),
    },
    handler,
  );
  t.after(() => election.drain(OVER, 0).catch(() => {}));
  const reaches = (state: PortElectionState) => until(() => election.state === state, { what: `state ${state}` });
  return { election, world, log, roles, obstacles, passing, lines: world.lines, reaches };
}

const held = () => Promise.reject(HELD);

/** A promise that the test settles. */
function gate() {
  let open = (): void => {};
  let fail = (_error: Error): void => {};
  const opened = new Promise<void>((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  return { opened, open, fail };
}

describe('PortElection', () => {
  it('leads with the port, once the real client is ready', async (t) => {
    const { opened, open } = gate();
    const { election, log, reaches } = setUp(t, { ready: () => opened });
    election.start();
    await reaches('opening');
    assert.deepEqual(log, ['the real client is made']);
    open();
    await reaches('leading');
    assert.deepEqual(log, ['the real client is made', 'leads Data', 'Leader']);
  });

  it('follows the process that has the port', async (t) => {
    const { election, log, reaches } = setUp(t, { claim: held });
    election.start();
    await reaches('following');
    assert.deepEqual(log, ['Follower']);
  });

  for (const how of ['end', 'goaway'] as const) {
    it(`loses its role with the ${how} of the Leader, and leads next`, async (t) => {
      const { election, world, log, lines, reaches } = setUp(t, { claim: held });
      election.start();
      await reaches('following');
      world.claim = async () => {};
      lines[0]?.[how]();
      await reaches('leading');
      assert.deepEqual(
        log.filter((line) => !line.startsWith('line')),
        ['Follower', 'lost: the Leader of Data is gone', 'the real client is made', 'leads Data', 'Leader'],
      );
    });
  }

  it('never claims the port with isLeader: false', async (t) => {
    const { election, reaches } = setUp(t, { isLeader: false, claim: () => assert.fail('claimed') });
    election.start();
    await reaches('following');
  });

  it('leads with isLeader: true, and opens no line', async (t) => {
    const { election, lines, reaches } = setUp(t, { isLeader: true });
    election.start();
    await reaches('leading');
    assert.deepEqual(lines, []);
  });

  const holders: readonly [holder: string | undefined, why: string][] = [
    ['another process', 'port 1 is in use, by another process'],
    [undefined, 'port 1 is in use'],
  ];
  for (const [holder, why] of holders) {
    it(`fails with isLeader: true where the port is held by ${holder ?? 'this process'}`, async (t) => {
      const { election, log, reaches } = setUp(t, { isLeader: true, claim: held, holder });
      election.start();
      await reaches('failed');
      assert.deepEqual(log, [`failed: create "Data" leader failed, the port:1 is occupied by other: ${why}`]);
    });
  }

  it('fails with isLeader: true where the port cannot be listened on', async (t) => {
    const denied = new RpcError(RpcCode.Listen, 'cannot listen on 127.0.0.1:1: EACCES');
    const { election, log, reaches } = setUp(t, { isLeader: true, claim: () => Promise.reject(denied) });
    election.start();
    await reaches('failed');
    assert.deepEqual(log, [`failed: ${denied.message}`]);
  });

  it('reports a holder that does not lead the channel, with advice', async (t) => {
    const { election, world, obstacles, reaches } = setUp(t, {
      claim: held,
      dial: () => Promise.reject(refusedWith(RefusalCode.NoLeader)),
    });
    election.start();
    await until(() => obstacles.length > 0, { what: 'an obstacle' });
    assert.equal(
      obstacles[0],
      'port 1 is in use, and its holder cannot be followed: not accepted; have that process create this client too, or give it a port of its own',
    );
    world.dial = async () => {};
    await reaches('following');
  });

  it('reports any other obstacle as it is, and one that passes as such', async (t) => {
    const { election, world, obstacles, passing } = setUp(t, {
      claim: held,
      dial: () => Promise.reject(refusedWith(RefusalCode.NoCodec)),
    });
    election.start();
    await until(() => obstacles.length > 0, { what: 'an obstacle' });
    assert.equal(obstacles[0], 'port 1 is in use, and its holder cannot be followed: not accepted');
    world.dial = () => Promise.reject(refusedWith('ECONNREFUSED'));
    await until(() => passing.length > 0, { what: 'a passing obstacle' });
  });

  it('fails with the real client, and refuses Followers', async (t) => {
    const { election, log, reaches } = setUp(t, { ready: () => Promise.reject(new Error('no such host')) });
    election.start();
    await reaches('failed');
    assert.deepEqual(log, [
      'the real client is made',
      `refuses: the real client of Data failed in process ${process.pid}: no such host`,
      'failed: no such host',
    ]);
  });

  it('publishes by one method, over all its Leaders', async (t) => {
    const { election, lines, roles, reaches } = setUp(t, { claim: held });
    election.start();
    await reaches('following');
    roles[0]?.publish('p', { id: 1 });
    roles[0]?.publish('p', { id: 2 });
    lines[0]?.end();
    await until(() => roles.length === 2, { what: 'the next role' });
    roles[1]?.publish('p', { id: 2 });
    const methods = lines.flatMap(({ sent }) => sent.map(({ method }) => method));
    assert.deepEqual([methods.length, new Set(methods).size, methods[0]?.name], [3, 1, 'publish']);
  });
});

describe('PortElection, deposed', () => {
  const DEPOSED = new RpcError(RpcCode.LeaseLost, 'the election is lost');
  const NEVER = new Promise<RpcError>(() => {});

  /** The first claim is lost when the test says so, and a later one never. */
  function deposable(t: TestContext, given: Partial<FakeWorld> = {}) {
    let depose = (): void => {};
    const rights = [
      new Promise<RpcError>((resolve) => {
        depose = () => resolve(DEPOSED);
      }),
    ];
    const set = setUp(t, { lost: () => rights.shift() ?? NEVER, ...given });
    set.election.start();
    return { ...set, depose: () => depose() };
  }

  it('while it leads, closes the real client and frees the port before it competes again', async (t) => {
    const { log, reaches, depose, world } = deposable(t);
    await reaches('leading');
    world.claim = held;
    depose();
    await reaches('following');
    assert.deepEqual(log.slice(3), [
      'lost: the election is lost',
      'Followers go',
      'the real client is closed',
      'the port is released',
      'Follower',
    ]);
  });

  it('while the real client starts, closes that one and leads with another', async (t) => {
    const { opened, open } = gate();
    const { log, reaches, depose, world } = deposable(t, { ready: () => opened });
    await reaches('opening');
    world.ready = async () => {};
    depose();
    await reaches('leading');
    open();
    await new Promise(setImmediate);
    assert.deepEqual(log, [
      ...['the real client is made', 'Followers go', 'the real client is closed', 'the port is released'],
      ...['the real client is made', 'leads Data', 'Leader'],
    ]);
  });

  it('while the real client has failed, makes no further one for the old term', async (t) => {
    const { log, reaches, depose, world } = deposable(t, { ready: () => Promise.reject(new Error('no such host')) });
    await reaches('failed');
    world.claim = held;
    depose();
    await reaches('following');
    assert.deepEqual(log.slice(3), ['Followers go', 'the real client is closed', 'the port is released', 'Follower']);
  });

  it('reports a real client that cannot be closed, and competes again', async (t) => {
    const { log, reaches, depose, world } = deposable(t, { close: () => Promise.reject(new Error('it hangs')) });
    await reaches('leading');
    world.claim = held;
    depose();
    await reaches('following');
    assert.deepEqual(log.slice(-3), ['the port is released', 'error: it hangs', 'Follower']);
  });

  it('while it is drained, ends once', async (t) => {
    const { opened, open } = gate();
    const { election, log, reaches, depose } = deposable(t, { close: () => opened });
    await reaches('leading');
    depose();
    await reaches('deposed');
    const drained = election.drain(OVER, 1_000);
    open();
    await drained;
    assert.equal(election.state, 'closed');
    assert.deepEqual(log.slice(4), ['Followers go', 'the real client is closed', 'the port is released']);
  });
});

describe('PortElection, drained', () => {
  it('while idle, does not compete any more', async (t) => {
    const { election, log } = setUp(t);
    await election.drain(OVER, 1_000);
    election.start();
    assert.deepEqual([election.state, log], ['closed', []]);
  });

  it('while it claims the port, waits for the claim and releases the port', async (t) => {
    const { opened, open } = gate();
    const { election, log } = setUp(t, { claim: () => opened });
    election.start();
    const drained = election.drain(OVER, 1_000).then(() => log.push('drained'));
    await new Promise(setImmediate);
    assert.deepEqual(log, []);
    open();
    await drained;
    assert.deepEqual([election.state, log], ['closed', ['Followers go', 'the port is released', 'drained']]);
  });

  it('while a claim fails, asks for no holder', async (t) => {
    const { opened, fail } = gate();
    const { election, log } = setUp(t, { isLeader: true, claim: () => opened });
    election.start();
    const drained = election.drain(OVER, 1_000);
    fail(HELD);
    await drained;
    await new Promise(setImmediate);
    assert.deepEqual([election.state, log], ['closed', []]);
  });

  it('while it dials, destroys a line that opens all the same', async (t) => {
    const { opened, open } = gate();
    const { election, log, lines } = setUp(t, { claim: held, dial: () => opened });
    election.start();
    await new Promise(setImmediate);
    const drained = election.drain(OVER, 1_000);
    open();
    await drained;
    await until(() => lines[0]?.state === 'closed', { what: 'the end of the line' });
    assert.deepEqual([election.state, log.at(-1)], ['closed', 'line 0 is destroyed']);
  });

  it('while the real client is not ready, closes the client and releases the port', async (t) => {
    const { opened, open } = gate();
    const { election, log, reaches } = setUp(t, { ready: () => opened });
    election.start();
    await reaches('opening');
    await election.drain(OVER, 1_000);
    open();
    await new Promise(setImmediate);
    const end = ['Followers go', 'the real client is closed', 'the port is released'];
    assert.deepEqual([election.state, log], ['closed', ['the real client is made', ...end]]);
  });

  it('while leading, lets Followers go first and releases the port last', async (t) => {
    const { election, log, reaches } = setUp(t);
    election.start();
    await reaches('leading');
    log.length = 0;
    await election.drain(OVER, 1_000);
    assert.deepEqual(log, ['Followers go', 'the real client is closed', 'the port is released']);
  });

  it('after a failure of the real client, releases the port too', async (t) => {
    const { election, log, reaches } = setUp(t, { ready: () => Promise.reject(new Error('no such host')) });
    election.start();
    await reaches('failed');
    log.length = 0;
    await election.drain(OVER, 1_000);
    assert.deepEqual(log, ['Followers go', 'the real client is closed', 'the port is released']);
  });

  it('while following, waits until the line has ended', async (t) => {
    const { election, log, lines, reaches } = setUp(t, { claim: held, holdsLines: true });
    election.start();
    await reaches('following');
    const drained = election.drain(OVER, 10_000).then(() => log.push('drained'));
    await new Promise(setImmediate);
    assert.deepEqual(log, ['Follower', 'line 0 drains']);
    lines[0]?.end();
    await drained;
    assert.deepEqual(log, ['Follower', 'line 0 drains', 'drained']);
  });

  it('destroys the line to an earlier Leader that has not ended in time', async (t) => {
    const { election, log, lines, reaches } = setUp(t, { claim: held, holdsLines: true });
    election.start();
    await reaches('following');
    lines[0]?.goaway();
    await until(() => lines.length === 2 && election.state === 'following', { what: 'the next Leader' });
    const drained = election.drain(OVER, 10);
    await until(() => log.includes('line 1 drains'), { what: 'the draining' });
    lines[1]?.end();
    await drained;
    assert.deepEqual(log, [
      ...['Follower', 'line 0 drains', 'lost: the Leader of Data is gone', 'Follower'],
      ...['line 1 drains', 'line 0 is destroyed'],
    ]);
  });

  it('ends the lines even where closing the real client fails', async (t) => {
    const { election, world, lines, log, reaches } = setUp(t, { claim: held, holdsLines: true });
    election.start();
    await reaches('following');
    world.claim = async () => {};
    lines[0]?.goaway();
    await reaches('leading');
    world.close = () => Promise.reject(new Error('stuck'));
    await assert.rejects(election.drain(OVER, 0), { message: 'stuck' });
    assert.deepEqual(log.slice(-2), ['the port is released', 'line 0 is destroyed']);
  });
});

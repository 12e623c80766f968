import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { Candidate, type CandidateState } from '../../../lib/election/candidate.js';
import { RpcCode, RpcError } from '../../../lib/errors.js';
import type { Line, LineHandler } from '../../../lib/follower/line.js';
import { until } from '../../support/until.js';

const HELD = new RpcError(RpcCode.AddressInUse, 'port 1 is in use');
const STRANGER = new RpcError(RpcCode.Register, '127.0.0.1:1 did not accept the registration');
const refusedBy = (code: string) => new RpcError(RpcCode.Connect, 'no connection', { cause: { code } });
const OVER = new RpcError(RpcCode.Closed, 'the test is over');

/** Of a line, all that a candidate looks at. */
class FakeLine {
  isGoingAway = false;
  readonly peer = 'fake:1';
  readonly agreement = { holder: { pid: 4711, channels: [] } };
  closeReason: RpcError | undefined;
  readonly told: string[] = [];
  drain(reason: RpcError): void {
    this.told.push(`drain: ${reason.message}`);
  }
  destroy(reason: RpcError): void {
    this.told.push(`destroy: ${reason.message}`);
  }
}

interface World {
  /** What becomes of a claim; undefined: this one only follows. */
  claim?: (() => Promise<void>) | undefined;
  follow?: (line: FakeLine) => Promise<void>;
  /** The candidate leads or fails. */
  neverFollows?: boolean;
}

function setUp(t: TestContext, world: World) {
  const moves: CandidateState[] = [];
  const obstacles: string[] = [];
  const refusals: string[] = [];
  const lines: FakeLine[] = [];
  let handler: LineHandler | undefined;
  let signal: AbortSignal | undefined;
  const counts = { claims: 0, follows: 0 };
  const released: CandidateState[] = [];
  const candidate = new Candidate({
    claim:
      'claim' in world && world.claim === undefined
        ? undefined
        : async () => {
            counts.claims += 1;
            await world.claim?.();
          },
    release: () => void released.push(candidate.state),
    follow: world.neverFollows
      ? undefined
      : async (givenHandler, givenSignal) => {
          counts.follows += 1;
          handler = givenHandler;
          signal = givenSignal;
          const line = new FakeLine();
          await world.follow?.(line);
          lines.push(line);
          return line as unknown as Line;
        },
    onObstacle: (error) => void obstacles.push(error.message),
    onRefused: (error) => void refusals.push(error.message),
    onMove: (to) => void moves.push(to),
  });
  t.after(() => candidate.destroy(OVER));
  return {
    candidate,
    world,
    moves,
    obstacles,
    refusals,
    lines,
    counts,
    released,
    /** The latest line ends, or its Leader says goaway. */
    end: (how: 'onClosed' | 'onGoaway' = 'onClosed') =>
      handler?.[how](lines.at(-1) as unknown as Line, new RpcError(RpcCode.ConnectionLost, 'gone')),
    signal: () => signal as AbortSignal,
    reaches: (state: CandidateState) => until(() => candidate.state === state, { what: `it to be ${state}` }),
  };
}

const held = () => Promise.reject(HELD);

describe('Candidate', () => {
  it('leads when it gets the port', async (t) => {
    const { candidate, moves, counts } = setUp(t, {});
    await candidate.compete();
    assert.deepEqual(
      [candidate.state, moves, counts],
      ['leading', ['competing', 'leading'], { claims: 1, follows: 0 }],
    );
  });

  it('follows whoever has it', async (t) => {
    const { candidate, moves } = setUp(t, { claim: held });
    await candidate.compete();
    assert.deepEqual([candidate.state, moves], ['following', ['competing', 'following']]);
  });

  for (const how of ['onClosed', 'onGoaway'] as const) {
    it(`competes again after ${how}, and lets the old line answer what it has`, async (t) => {
      const { candidate, world, lines, moves, end, reaches } = setUp(t, { claim: held });
      await candidate.compete();
      world.claim = () => Promise.resolve();
      end(how);
      end(how); // once is enough
      await reaches('leading');
      assert.deepEqual(lines[0]?.told, ['drain: the Leader is gone']);
      assert.deepEqual(moves, ['competing', 'following', 'competing', 'leading']);
    });
  }

  it('competes again when its Leader left before it could follow', async (t) => {
    const { candidate, world, moves } = setUp(t, {
      claim: held,
      follow: async (line) => {
        line.isGoingAway = moves.length < 2;
      },
    });
    world.follow = async (line) => {
      line.isGoingAway = true;
      delete world.follow;
    };
    await candidate.compete();
    await until(() => moves.length === 4, { what: 'it to follow another' });
    assert.deepEqual(moves, ['competing', 'following', 'competing', 'following']);
  });

  it('is told at once what is in its way, when it competes', async (t) => {
    const { candidate } = setUp(t, { claim: held, follow: () => Promise.reject(STRANGER) });
    await assert.rejects(candidate.compete(), {
      code: RpcCode.AddressInUse,
      message: `port 1 is in use, and its holder cannot be followed: ${STRANGER.message}`,
    });
  });

  it('names the Leader that it followed before, where the holder of the port does not answer any more', async (t) => {
    const unanswered = new RpcError(RpcCode.Register, 'did not accept the registration', {
      cause: new RpcError(RpcCode.Timeout, 'no answer to the registration in 3000 ms'),
    });
    const { candidate, world, end, obstacles } = setUp(t, { claim: held });
    await candidate.compete();
    world.follow = () => Promise.reject(unanswered);
    end();
    await until(() => obstacles.length > 0, { what: 'an obstacle' });
    assert.match(
      obstacles[0] as string,
      /^port 1 is in use: its Leader \(process 4711, fake:1\) has not answered for \d+ s: the event loop of that process is blocked, or the process is suspended; continue the process, or end it$/,
    );
    world.follow = () => Promise.reject(STRANGER);
    await until(() => obstacles.at(-1)?.includes(STRANGER.message), { what: 'another obstacle' });
  });

  it('rejects with what else is wrong with the port, and asks nobody who has it', async (t) => {
    const denied = new RpcError(RpcCode.Listen, 'cannot listen on 127.0.0.1:1: EACCES');
    const { candidate, counts } = setUp(t, { claim: () => Promise.reject(denied) });
    await assert.rejects(candidate.compete(), denied);
    assert.equal(counts.follows, 0);
    const { candidate: other } = setUp(t, { claim: () => Promise.reject(new Error('no such thing')) });
    await assert.rejects(other.compete(), { code: RpcCode.Listen, message: 'no such thing' });
  });

  for (const code of ['ECONNREFUSED', RpcCode.ConnectionLost]) {
    it(`tries again at once where the holder is just going: ${code}`, async (t) => {
      const { candidate, world, refusals, obstacles } = setUp(t, {
        claim: held,
        follow: () => Promise.reject(refusedBy(code)),
      });
      const competing = candidate.compete();
      await until(() => refusals.length >= 3, { what: 'three attempts' });
      world.claim = () => Promise.resolve();
      await competing;
      assert.deepEqual([candidate.state, obstacles], ['leading', []]);
      assert.equal(refusals[0], 'port 1 is in use, and its holder cannot be followed: no connection');
    });
  }
});

describe('Candidate, which never follows', () => {
  it('rejects where the port is held', async (t) => {
    const { candidate, counts } = setUp(t, { claim: held, neverFollows: true });
    await assert.rejects(candidate.compete(), HELD);
    assert.deepEqual(counts, { claims: 1, follows: 0 });
  });

  it('reports a held port as an obstacle, and leads when the port is free', async (t) => {
    const { candidate, world, obstacles, reaches } = setUp(t, { claim: held, neverFollows: true });
    candidate.persist();
    await until(() => obstacles.length >= 2, { what: 'two obstacles' });
    world.claim = () => Promise.resolve();
    await reaches('leading');
    assert.equal(obstacles[0], HELD.message);
  });
});

describe('Candidate, persisting', () => {
  it('reports what is in its way each time, and follows when that is gone', async (t) => {
    const { candidate, world, obstacles, reaches } = setUp(t, {
      claim: held,
      follow: () => Promise.reject(STRANGER),
    });
    candidate.persist();
    candidate.persist();
    await until(() => obstacles.length >= 3, { what: 'three obstacles' });
    assert.equal(new Set(obstacles).size, 1);
    assert.match(obstacles[0] as string, /its holder cannot be followed: .*did not accept/);
    world.follow = async () => {};
    await reaches('following');
  });

  it('takes a port that cannot be listened on for an obstacle too', async (t) => {
    const { candidate, world, obstacles, reaches } = setUp(t, { claim: () => Promise.reject(new Error('EACCES')) });
    candidate.persist();
    await until(() => obstacles.length >= 2, { what: 'two obstacles' });
    world.claim = () => Promise.resolve();
    await reaches('leading');
    assert.equal(obstacles[0], 'EACCES');
  });

  it('never leads without a claim, and waits until somebody does', async (t) => {
    const { candidate, world, counts, refusals, moves, reaches, end } = setUp(t, {
      claim: undefined,
      follow: () => Promise.reject(refusedBy('ECONNREFUSED')),
    });
    candidate.persist();
    await until(() => refusals.length >= 3, { what: 'three attempts' });
    assert.equal(refusals[0], 'no Leader can be reached: no connection');
    delete world.follow;
    await reaches('following');
    end();
    await until(() => moves.length >= 4, { what: 'it to follow another' });
    assert.deepEqual([moves, counts.claims], [['competing', 'following', 'competing', 'following'], 0]);
  });
});

describe('Candidate, its end', () => {
  it('destroys the line that it follows by', async (t) => {
    const { candidate, lines, end, moves } = setUp(t, { claim: held });
    await candidate.compete();
    void candidate.destroy(OVER);
    end();
    assert.deepEqual([candidate.state, lines[0]?.told[0]], ['closed', 'destroy: the test is over']);
    assert.deepEqual(moves, ['competing', 'following', 'closed']);
  });

  it('leaves the line to whoever has it', async (t) => {
    const { candidate, lines } = setUp(t, { claim: held });
    await candidate.compete();
    candidate.releaseLine();
    void candidate.destroy(OVER);
    assert.deepEqual([candidate.state, lines[0]?.told], ['closed', []]);
  });

  it('gives up an attempt, and destroys a line that opens all the same', async (t) => {
    let open = (): void => {};
    const { candidate, lines, signal } = setUp(t, {
      claim: held,
      follow: () =>
        new Promise((resolve) => {
          open = resolve;
        }),
    });
    candidate.persist();
    await until(() => signal(), { what: 'the attempt' });
    candidate.releaseLine();
    void candidate.destroy(OVER);
    assert.equal(signal().reason, OVER);
    open();
    await until(() => lines[0]?.told.length === 1, { what: 'the line to be destroyed' });
    assert.deepEqual(
      [candidate.state, lines[0]?.told],
      ['closed', ['destroy: the candidate was closed while connecting to the Leader']],
    );
  });

  it('releases a port that it takes after its end, and is over then', async (t) => {
    let take = (): void => {};
    const { candidate, moves, released } = setUp(t, {
      claim: () =>
        new Promise((resolve) => {
          take = resolve;
        }),
    });
    candidate.persist();
    let isOver = false;
    const destroyed = candidate.destroy(OVER).then(() => {
      isOver = true;
    });
    await new Promise(setImmediate);
    assert.deepEqual([isOver, released], [false, []]);
    take();
    await destroyed;
    assert.deepEqual([moves, released], [['competing', 'closed'], ['closed']]);
  });

  it('waits for a claim that fails, and reports nothing', async (t) => {
    let fail = (_error: Error): void => {};
    const { candidate, counts, obstacles, released } = setUp(t, {
      claim: () =>
        new Promise((_resolve, reject) => {
          fail = reject;
        }),
    });
    candidate.persist();
    const destroyed = candidate.destroy(OVER);
    fail(HELD);
    await destroyed;
    await new Promise(setImmediate);
    assert.deepEqual([obstacles, released, counts], [[], [], { claims: 1, follows: 0 }]);
  });

  it('reports nothing of a claim that its own end cuts off', async (t) => {
    let fail = (_error: Error): void => {};
    const cutOff = new RpcError(RpcCode.Closed, 'the acceptor was closed while it took the port');
    const { candidate, obstacles } = setUp(t, {
      claim: () =>
        new Promise((_resolve, reject) => {
          fail = reject;
        }),
    });
    candidate.persist();
    const destroyed = candidate.destroy(OVER);
    fail(cutOff);
    await destroyed;
    await new Promise(setImmediate);
    assert.deepEqual(obstacles, []);
  });

  it('ends its pauses', async (t) => {
    const { candidate, counts, obstacles } = setUp(t, { claim: held, follow: () => Promise.reject(STRANGER) });
    candidate.persist();
    await until(() => obstacles.length >= 2, { what: 'two obstacles' });
    void candidate.destroy(OVER);
    const { follows } = counts;
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(counts.follows, follows);
    candidate.persist();
    assert.equal(candidate.state, 'closed');
  });
});

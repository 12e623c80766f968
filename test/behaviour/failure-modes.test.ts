import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { ClientOptions } from '../../client.js';
import type { CallOptions } from '../../lib/call/call-contract.js';
import { FAIL_MODES, type FailMode } from '../../lib/call/fail-mode.js';
import { FailbackReceipt } from '../../lib/call/failback-receipt.js';
import { RpcCode, type RpcError } from '../../lib/errors.js';
import type { ServerInfo } from '../../lib/server-info.js';
import { LineMailBox } from '../../mailbox/index.js';
import { readText } from '../architecture/house.js';
import { listOf, response } from '../lib/transport/support.js';
import { until } from '../support/until.js';
import { FAULTS, type Fault, renderTable, type Seen } from './failure-table.js';
import { acceptRegistration, type RawPeer, rawLeader } from './raw-peers.js';
import { type Calling, call, makeGate, serve, unusedPort } from './support.js';

/** One cell: the mode, and what the call says of itself. */
interface Cell {
  readonly mode: FailMode;
  readonly options: CallOptions;
}

/** Makes the fault on `test-1`, and the call; `test-2` is well. */
type Scenario = (t: TestContext, cell: Cell) => Promise<unknown>;

async function clientOf(
  t: TestContext,
  bad: ServerInfo,
  { mode, options }: Cell,
  more: ClientOptions = {},
): Promise<Calling & { make(): Promise<unknown> }> {
  const good = await serve(t, { f: () => 'other' }, { id: 'test-2' });
  const calling = await call(t, [bad, good], {
    ...{ failMode: mode, retryTimes: 50, retryConnectTime: 20, timeout: 20_000 },
    router: () => 'test-1', // it insists
    ...more,
  });
  const make = (): Promise<unknown> => calling.calls.f.with(options)(null);
  return { ...calling, make };
}

const SAME = response(1, { type: 'invoke_result', success: true, results: 1 }, listOf(Buffer.from('"same"')));

/** Answers all invokes from now on. */
async function answerAll(peer: RawPeer): Promise<void> {
  for (;;) {
    const { id } = await peer.next('invoke');
    const answer = Buffer.from(SAME);
    answer.writeBigInt64BE(BigInt(id), 4);
    peer.write(answer);
  }
}

/** A server that loses its first connection when it gets a call, and answers on the others. */
function losingLeader(t: TestContext) {
  let connections = 0;
  return rawLeader(t, async (peer) => {
    connections += 1;
    await acceptRegistration(peer);
    if (connections > 1) return answerAll(peer);
    await peer.next('invoke');
    peer.socket.destroy();
  });
}

const lostAfter: Scenario = async (t, cell) => {
  const { make } = await clientOf(t, (await losingLeader(t)).info, cell);
  return make();
};

const timeout: Scenario = async (t, cell) => {
  let isStuck = false;
  const never = new Promise(() => {});
  const bad = await serve(t, { f: () => (isStuck ? never : 'same') });
  const { calls } = await clientOf(t, bad.info, cell);
  await calls.f.toServer('test-1');
  isStuck = true;
  return calls.f.with({ ...cell.options, timeout: 300 })(null);
};

const method: Scenario = async (t, cell) => {
  const bad = await serve(t, { f: () => Promise.reject(new Error('boom')) });
  const { make } = await clientOf(t, bad.info, cell);
  return make();
};

const forbidden: Scenario = async (t, cell) => {
  const bad = await serve(t, { f: () => 'same' }, { authorize: () => false });
  const { make } = await clientOf(t, bad.info, cell);
  return make();
};

const stopping: Scenario = async (t, cell) => {
  const gate = makeGate();
  const bad = await serve(t, { f: () => gate.pass() }, { drainTimeout: 50 });
  const { make } = await clientOf(t, bad.info, cell);
  const made = make();
  made.catch(() => {});
  await gate.arrivals(1);
  await bad.server.stop();
  await serve(t, { f: () => 'same' }, { port: bad.port });
  return made;
};

const SCENARIOS: Record<keyof typeof FAULTS, Scenario> = {
  noServer: async (t, { mode, options }) => {
    const { calls } = await call(t, [], { failMode: mode });
    return calls['f'].with(options)(null);
  },
  refused: async (t, { mode, options }) => {
    const bad = { id: 'test-1', serverType: 'test', port: await unusedPort(t) };
    const patience = mode === 'failover' || mode === 'failback' ? 20_000 : 300;
    const { make } = await clientOf(t, bad, { mode, options: { ...options, timeout: patience } });
    return make();
  },
  lostBefore: async (t, cell) => {
    let connections = 0;
    const leader = await rawLeader(t, async (peer) => {
      connections += 1;
      await acceptRegistration(peer);
      if (connections > 1) await answerAll(peer);
    });
    const { make, moves } = await clientOf(t, leader.info, cell, { bufferMsg: true, interval: 1_000 });
    const made = make();
    made.catch(() => {});
    await until(() => moves.at(-1) === 'test-1 connecting -> ready', { what: 'the connection' });
    (await leader.connection()).socket.destroy();
    return made;
  },
  lostAfter,
  lostAfterIdempotent: lostAfter,
  timeout,
  timeoutIdempotent: timeout,
  overloaded: async (t, cell) => {
    const bad = await serve(t, { f: () => 'same' });
    const { make } = await clientOf(t, bad.info, cell);
    const { send } = LineMailBox.prototype;
    let refusals = 0;
    t.mock.method(LineMailBox.prototype, 'send', function refuse(this: LineMailBox, made: Parameters<typeof send>[0]) {
      if (this.server.id !== 'test-1' || refusals++ > 0) return send.call(this, made);
      made.move('sent');
      made.fail(made.error(RpcCode.Overloaded, 'the server is overloaded', 'not-sent'));
    });
    return make();
  },
  forbidden,
  method,
  methodIdempotent: method,
  stopping,
  stoppingIdempotent: stopping,
  pendingFull: async (t, cell) => {
    const gate = makeGate();
    const leader = await rawLeader(t, async (peer) => {
      await gate.pass();
      await acceptRegistration(peer);
      await answerAll(peer);
    });
    const { make, calls } = await clientOf(t, leader.info, cell, { pendingSize: 1 });
    const first = calls.f.with({ failMode: 'failfast' }).toServer('test-1');
    const made = make();
    made.catch(() => {});
    gate.open();
    await first;
    return made;
  },
  removed: async (t, cell) => {
    const silent = await rawLeader(t, () => {});
    const { make, client } = await clientOf(t, silent.info, cell);
    const made = make();
    made.catch(() => {});
    client.removeServer('test-1');
    return made;
  },
};

async function seenBy(made: Promise<unknown>): Promise<Seen> {
  try {
    const answer = await made;
    return answer instanceof FailbackReceipt ? 'receipt' : (answer as Seen);
  } catch (error) {
    const { code, delivery } = error as RpcError;
    if (code === 'ERR_RPC_REMOTE' && delivery === 'answered') return 'method';
    return `${code?.replace('ERR_RPC_', '')} ${delivery}` as Seen;
  }
}

describe('what a caller sees', () => {
  for (const [name, fault] of Object.entries<Fault>(FAULTS)) {
    for (const mode of FAIL_MODES) {
      const options: CallOptions = fault.idempotent ? { idempotent: true } : {};
      const marked = fault.idempotent ? ', of an idempotent call' : '';
      it(`${fault.what}${marked}: with ${mode}, ${fault.seen[mode]}`, async (t) => {
        const made = SCENARIOS[name as keyof typeof FAULTS](t, { mode, options });
        assert.equal(await seenBy(made), fault.seen[mode]);
      });
    }
  }

  it('is what docs/failure.md says: node --import tsx scripts/failure-table.mjs writes its table', () => {
    assert.ok(readText('docs/failure.md').includes(`\n${renderTable()}\n`));
  });
});

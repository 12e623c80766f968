import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it, type TestContext } from 'node:test';
import { RpcCode } from '../../../lib/errors.js';
import type { Calls } from '../../behaviour/support.js';
import { expectNoLeaks } from '../../support/leaks.js';
import { callAt, serveAt } from './serve-at.js';
import { everyTransport, type TransportUnderTest } from './transports.js';

const CLIENTS = 4;
const ROUNDS = 2;
/** Bytes of the payloads of a burst, beside which a socket takes little: writes wait for the peer. */
const BURST_BYTES = 500_000;

/** Numbers that repeat with the seed. */
function numbersOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

interface Payload {
  readonly bytes: Buffer;
  readonly text: string;
  readonly digest: string;
}

/** Bytes and text that say whether a byte of them was changed. */
function payloadOf(owner: string, number: number, size: number): Payload {
  const text = `${owner}:${number}:`.repeat(Math.ceil(size / 8));
  const bytes = Buffer.from(text).subarray(0, size);
  return { bytes, text: text.slice(0, size), digest: digestOf(bytes, text.slice(0, size)) };
}

function digestOf(bytes: Uint8Array, text: string): string {
  return createHash('sha1').update(bytes).update(text).digest('hex');
}

const isWhole = ({ bytes, text, digest }: Payload): boolean => digestOf(bytes, text) === digest;

const service = {
  echo: (payload: Payload) => (isWhole(payload) ? payload : assert.fail('the server got other bytes')),
  /** Fails to be encoded, behind so many bytes. */
  broken: (payload: Payload) => ({
    ...payload,
    get last() {
      return assert.fail('no such value');
    },
  }),
  async *items(owner: string, count: number, size: number) {
    for (let i = 0; i < count; i++) yield payloadOf(owner, i, size);
  },
};

async function serveAll(t: TestContext, transport: TransportUnderTest) {
  const served = await serveAt(t, transport, service);
  const clients = await Promise.all(
    Array.from({ length: CLIENTS }, () => callAt(t, transport, served.url, { timeout: 120_000 })),
  );
  return { clients };
}

/** A burst of one client: calls of all sizes, calls that fail to be encoded at either end, calls within a getter, and streams. */
async function burst(calls: Calls, other: Calls, owner: string, random: (below: number) => number): Promise<void> {
  const { echo, broken, items } = calls;
  const whole: Promise<unknown>[] = [];
  const check = async (sent: Payload, answer: Promise<Payload>): Promise<void> => {
    const got = await answer;
    assert.ok(isWhole(got) && got.digest === sent.digest, `${owner}: another answer`);
  };
  for (let at = 0, bytes = 0; bytes < BURST_BYTES; at++) {
    const size = 1 + random([60, 3_000, 3_000, 70_000, 300_000][random(5)] as number);
    const payload = payloadOf(owner, at, size);
    bytes += 4 * size;
    const kind = random(8);
    if (kind === 0) whole.push(assert.rejects(broken(null, payload)));
    else if (kind === 1) {
      const failing = {
        ...payload,
        get last() {
          throw new Error('no such value');
        },
      };
      whole.push(assert.rejects(echo(null, failing), { code: RpcCode.Encode }));
    } else if (kind === 2) {
      const own = payloadOf(owner, -at, 1 + random(2_000));
      const nesting = {
        ...payload,
        get last() {
          whole.push(
            check(own, echo(null, own)).catch((error) => assert.equal(error.code, RpcCode.Encode)),
            check(own, other['echo'](null, own)),
          );
          return 1;
        },
      };
      whole.push(check(payload, echo(null, nesting)));
    } else if (kind === 3) {
      const [count, itemSize] = [random(150), 1 + random([40, 900, 5_000][random(3)] as number)];
      const read = async (): Promise<void> => {
        let next = 0;
        for await (const item of items.stream(null, owner, count, itemSize) as AsyncIterable<Payload>)
          assert.ok(
            isWhole(item) && item.digest === payloadOf(owner, next++, itemSize).digest,
            `${owner}: another item`,
          );
        assert.equal(next, count);
      };
      whole.push(read());
    } else whole.push(check(payload, echo(null, payload)));
  }
  // A getter that is read later adds calls.
  while (whole.length > 0) await Promise.all(whole.splice(0));
}

describe('memory that connections share', () => {
  everyTransport((transport) => {
    it('holds the frames of one connection at a time, with full sockets and with frames that come to nothing', async (t) => {
      expectNoLeaks(t);
      const { clients } = await serveAll(t, transport);
      const moves = clients.map((client) => client.moves.length);
      for (let round = 0; round < ROUNDS; round++)
        await Promise.all(
          clients.map(({ calls }, at) =>
            burst(calls, clients[(at + 1) % CLIENTS]?.calls ?? {}, `${at}.${round}`, numbersOf(round * 100 + at + 1)),
          ),
        );
      for (const [at, { moves: all }] of clients.entries())
        assert.equal(all.slice(moves[at]).filter((m) => /ready ->/.test(m)).length, 0);
    });
  });
});

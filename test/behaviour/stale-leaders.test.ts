import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { RpcCode } from '../../lib/errors.js';
import type { Term } from '../../lib/term.js';
import { createClient } from '../../node-client.js';
import { GivenSource } from '../lib/registry/follower.js';
import { listOf, response } from '../lib/transport/support.js';
import { until } from '../support/until.js';
import { EXT, type RawLeader, type RawPeer, rawLeader, stock } from './raw-peers.js';
import { call, failure, keptLog } from './support.js';

const term = (revision: number, store = 's1'): Term => ({ store, revision });

interface Elected extends RawLeader {
  /** Number of calls that came, of which each was answered. */
  calls: number;
}

/** A Leader of `test-1` that announces the terms, one on each connection, and answers each call with its name. */
async function elected(t: TestContext, name: string, ...terms: (Term | undefined)[]): Promise<Elected> {
  let connections = 0;
  const accept = async (peer: RawPeer): Promise<void> => {
    const own = terms[Math.min(connections++, terms.length - 1)];
    const { id } = await peer.next('register_channel');
    const ext = { ...EXT, generation: `${name}-${connections}`, ...(own && { term: own }) };
    peer.write(response(id, { type: 'register_channel_res', ext }, stock({ success: true })));
    for (;;) {
      const invoke = await peer.next('invoke');
      leader.calls += 1;
      const body = listOf(Buffer.from(JSON.stringify(name)));
      peer.write(response(invoke.id, { type: 'invoke_result', success: true, results: 1 }, body));
    }
  };
  const leader: Elected = { ...(await rawLeader(t, accept)), calls: 0 };
  return leader;
}

/** A client that follows a registry of the test. */
async function follow(t: TestContext, ...servers: Parameters<typeof entry>[]) {
  const source = new GivenSource();
  const { logger, lines } = keptLog();
  const client = createClient({ registry: source, logger, timeout: 60_000, codecs: ['json'] });
  t.after(() => client.stop(true));
  client.addProxy({ namespace: 'user', serverType: 'test' });
  const started = client.start();
  const give = (...given: Parameters<typeof entry>[]): void => source.give(given.map((each) => entry(...each)));
  give(...servers);
  await started;
  const method = client.proxies['user']['test']['service']['name'];
  const reasons: (string | undefined)[] = [];
  client.on('mailbox', (_id, to, _from, reason) => void (to === 'backoff' && reasons.push(reason?.code)));
  const name = (timeout = 60_000): Promise<unknown> => method.with({ timeout })(null);
  const over = (): Promise<unknown> => method.with({ failMode: 'failover' })(null);
  return { client, give, name, over, reasons, lines };
}

function entry({ port }: { port: number }, its?: Term, id = 'test-1') {
  return { id, serverType: 'test', host: '127.0.0.1', port, ...(its && { term: its }) };
}

describe('a client of elected servers', () => {
  it('calls no Leader whose term is lower than one that a Leader of the id has shown', async (t) => {
    const later = await elected(t, 'later', term(9));
    const earlier = await elected(t, 'earlier', term(5));
    const { give, name } = await follow(t, [later]);
    assert.equal(await name(), 'later');
    give([earlier]);
    const error = await failure(name(300));
    assert.deepEqual([error.code, error.delivery], [RpcCode.StaleLeader, 'not-sent']);
    assert.match(
      error.message,
      /127\.0\.0\.1:\d+ is not called: a later process has led "test-1": the term there is 5, and the highest one is 9/,
    );
    assert.equal(earlier.calls, 0);
    give([later]);
    assert.equal(await name(), 'later');
  });

  it('calls no Leader whose term is lower than the one in the list of the registry', async (t) => {
    const earlier = await elected(t, 'earlier', term(5));
    const { name } = await follow(t, [earlier, term(9)]);
    assert.equal((await failure(name(300))).code, RpcCode.StaleLeader);
    assert.equal(earlier.calls, 0);
  });

  it('calls the Leader of a new store once the registry has that store, and not before', async (t) => {
    const fresh = await elected(t, 'fresh', term(2, 's2'));
    const { give, name, reasons } = await follow(t, [fresh, term(100)]);
    const waiting = name();
    await until(() => reasons.includes(RpcCode.StaleLeader), { what: 'the refusal' });
    assert.equal(fresh.calls, 0);
    give([fresh, term(2, 's2')]);
    assert.equal(await waiting, 'fresh');
    const old = await elected(t, 'old', term(100));
    give([old, term(2, 's2')]);
    assert.equal((await failure(name(300))).code, RpcCode.StaleLeader);
  });

  it('leaves the connection of a Leader when the registry has a later one at the same address', async (t) => {
    const leader = await elected(t, 'the leader', term(5), term(9));
    const { give, name, reasons } = await follow(t, [leader, term(5)]);
    await name();
    give([leader, term(9)]);
    await until(() => reasons.includes(RpcCode.StaleLeader), { what: 'the end of the connection' });
    assert.equal(await name(), 'the leader');
    assert.equal(leader.peers.length, 2);
  });

  it('goes to another server of the type, in the mode failover', async (t) => {
    const earlier = await elected(t, 'earlier', term(5));
    const other = await elected(t, 'other', undefined);
    const { give, over } = await follow(t, [earlier, term(9)]);
    give([earlier, term(9)], [other, undefined, 'test-2']);
    for (let count = 0; count < 6; count++) assert.equal(await over(), 'other');
    assert.equal(earlier.calls, 0);
  });

  it('takes servers that were added by hand with any store, and with no term', async (t) => {
    const leader = await elected(t, 'the leader', term(100), term(2, 's2'), undefined, term(1, 's2'));
    const { calls, client } = await call(t, [leader.info], { codecs: ['json'] });
    for (const connection of [1, 2, 3]) {
      assert.equal(await calls['name'](null), 'the leader');
      assert.equal(leader.peers.length, connection);
      leader.peers.at(-1)?.socket.destroy();
      await until(() => client.mailboxes['test-1'] !== 'ready', { what: 'the end of the connection' });
    }
    assert.equal((await failure(calls['name'].with({ timeout: 300 })(null))).code, RpcCode.StaleLeader);
  });
});

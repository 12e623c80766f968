import assert from 'node:assert/strict';
import { type ChannelListener, subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, it, type TestContext } from 'node:test';
import { freePort } from '../../bench/free-port.js';
import type { LeaderChangeMessage } from '../../lib/channels.js';
import { MemoryStore } from '../../lib/registry/memory/memory-store.js';
import { machineOn } from '../lib/registry/on-memory.js';
import { until } from '../support/until.js';
import { joinAll, type Registry, sharedWorld } from './shared-client-support.js';
import { follow, lead } from './sharing.js';
import { serve } from './support.js';

const CHANNEL = 'mailstation:leader:change';
const service = { f: () => 1 };

/** All changes, in the order in which they were published. */
function listen(t: TestContext): { readonly changes: LeaderChangeMessage[]; readonly leaders: () => string[] } {
  const changes: LeaderChangeMessage[] = [];
  const listener: ChannelListener = (message) => void changes.push(message as LeaderChangeMessage);
  subscribe(CHANNEL, listener);
  t.after(() => unsubscribe(CHANNEL, listener));
  return { changes, leaders: () => changes.map(({ leader }) => leader) };
}

describe('the channel mailstation:leader:change', () => {
  it('has a standby that takes over from a server that stops', async (t) => {
    const port = await freePort();
    const { changes, leaders } = listen(t);
    const first = await serve(t, service, { port, standby: true });
    const second = await serve(t, service, { port, standby: true });
    assert.deepEqual(changes[0], { kind: 'server', name: 'test-1', leader: 'this', term: undefined });
    assert.deepEqual(leaders(), ['this', 'another']);
    await first.server.stop();
    await until(() => second.server.state === 'leader', { what: 'the standby to lead' });
    const next = leaders().slice(2);
    assert.equal(next.indexOf('this'), next.lastIndexOf('this'));
    assert.ok(next.indexOf('none') < next.indexOf('this'));
    assert.ok(next.filter((leader) => leader === 'none').length >= 2, next.join());
    const before = changes.length;
    await second.server.stop();
    assert.deepEqual(leaders().slice(before), ['none']);
  });

  it('has nothing of a standby that is stopped, nor of a server without standby', async (t) => {
    const port = await freePort();
    const first = await serve(t, service, { port, standby: true });
    const second = await serve(t, service, { port, standby: true });
    const { changes } = listen(t);
    await second.server.stop();
    const alone = await serve(t, service, { id: 'test-2' });
    await alone.server.stop();
    assert.deepEqual(changes, []);
    assert.equal(first.server.state, 'leader');
  });

  it('has elected servers, with the term of the Leader', async (t) => {
    const store = new MemoryStore();
    const elected = (): Parameters<typeof serve>[2] => {
      const { registry } = machineOn(store, { ttl: 60_000 });
      return { standby: true, registry, election: registry.election('test-1', { ttl: 3_000 }) };
    };
    const { changes } = listen(t);
    const first = await serve(t, service, elected());
    const second = await serve(t, service, elected());
    const own = changes.find(({ leader }) => leader === 'this');
    assert.ok((own?.term?.revision ?? 0) > 0);
    assert.ok(changes.some(({ leader }) => leader === 'another'));
    const before = changes.length;
    await first.server.stop();
    await until(() => second.server.state === 'leader', { what: 'the other to lead' });
    await until(() => changes.slice(before).some(({ leader }) => leader === 'this'), { what: 'the news' });
    const next = changes.slice(before).find(({ leader }) => leader === 'this');
    assert.ok((next?.term?.revision ?? 0) > (own?.term?.revision ?? 0));
    assert.ok(changes.slice(before).some(({ leader }) => leader === 'none'));
    assert.ok(changes.every(({ kind, name }) => kind === 'server' && name === 'test-1'));
  });

  it('has an elected server that loses its lease, before another process leads', async (t) => {
    const store = new MemoryStore();
    const machine = machineOn(store, { ttl: 60_000 });
    const election = machine.registry.election('test-1', { ttl: 3_000 });
    const { leaders } = listen(t);
    const { server } = await serve(t, service, { standby: true, registry: machine.registry, election });
    assert.deepEqual(leaders(), ['this']);
    machine.engine().link = 'cut';
    await until(() => server.state !== 'leader', { what: 'the end of the term' });
    assert.deepEqual(leaders(), ['this', 'none']);
  });

  it('has shared clients: the one that leads, those that follow, and the next Leader', async (t) => {
    const { changes, leaders } = listen(t);
    const world = await sharedWorld(t);
    const [first, second] = await joinAll(world, 2);
    assert.deepEqual(changes[0], { kind: 'shared-client', name: 'Registry', leader: 'this', term: undefined });
    assert.deepEqual(leaders(), ['this', 'another']);
    await (first as Registry & { close(): Promise<void> }).close();
    await until(() => leaders().at(-1) === 'this', { what: 'the second client to lead' });
    assert.equal(leaders()[2], 'none');
    assert.equal((second as unknown as { isClusterClientLeader: boolean }).isClusterClientLeader, true);
  });

  it('has shared mailboxes, by the place that the clients share', async (t) => {
    const port = await freePort();
    const { changes, leaders } = listen(t);
    const first = await lead(t, port);
    const second = await follow(t, port, []);
    const name = `tcp://127.0.0.1:${port}`;
    assert.deepEqual(changes[0], { kind: 'shared-mailboxes', name, leader: 'this', term: undefined });
    assert.deepEqual(leaders(), ['this', 'another']);
    await first.client.stop();
    await until(() => second.client.sharing === 'leading', { what: 'the second client to lead' });
    assert.equal(leaders()[2], 'none');
    assert.equal(leaders().filter((leader) => leader === 'this').length, 2);
  });
});

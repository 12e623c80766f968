import assert from 'node:assert/strict';
import { once } from 'node:events';
import * as net from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { RpcCode } from '../../../lib/errors.js';
import { hostBuilder } from '../../../lib/machine/host-builder.js';
import { RelayedEngine } from '../../../lib/machine/relayed-engine.js';
import { checkMachineShare, type MachineShareOptions } from '../../../lib/registry/machine-share.js';
import { MemoryEngine } from '../../../lib/registry/memory/memory-engine.js';
import { MemoryStore } from '../../../lib/registry/memory/memory-store.js';
import { unusedPort } from '../../behaviour/support.js';
import { failure } from '../registry/etcd/support.js';
import { meetingPath } from './support.js';

const store = new MemoryStore();

function engineAt(t: TestContext, share: MachineShareOptions, name = 'the store of the test'): RelayedEngine {
  const engine = new RelayedEngine(hostBuilder(name, checkMachineShare(share)), () => new MemoryEngine(store));
  t.after(() => engine.close());
  return engine;
}

describe('an engine through another process of the machine', () => {
  it('says what is in the way where another program has the port', async (t) => {
    const other = net.createServer((socket) => socket.end('SSH-2.0-elsewhere\r\n')).listen(0, '127.0.0.1');
    await once(other, 'listening');
    t.after(() => other.close());
    const { port } = other.address() as net.AddressInfo;
    const engine = engineAt(t, { port });
    const error = await failure(engine.list(''));
    assert.deepEqual([error.code, error.delivery], [RpcCode.Registry, 'not-sent'], error.message);
    assert.match(`${error.message} ${engine.state.obstacle}`, new RegExp(`${port}`));
    assert.equal(engine.state.connected, false);
  });

  it('waits for a process that may have the connection where it may not itself', async (t) => {
    const path = meetingPath(t);
    const waiting = engineAt(t, { path, lead: false });
    const error = await failure(waiting.list(''));
    assert.deepEqual([error.code, error.delivery], [RpcCode.Registry, 'not-sent'], error.message);
    const listing = waiting.list('');
    const leading = engineAt(t, { path });
    assert.equal((await leading.list('')).store, store.id);
    assert.equal((await listing).store, store.id);
  });

  it('is refused by a process with another secret', async (t) => {
    const port = await unusedPort(t);
    const leading = engineAt(t, { port, secret: 'the secret of the machine' });
    await leading.list('');
    const stranger = engineAt(t, { port, secret: 'another secret than theirs' });
    const error = await failure(stranger.list(''));
    assert.deepEqual([error.code, error.delivery], [RpcCode.Registry, 'not-sent'], error.message);
    const member = engineAt(t, { port, secret: 'the secret of the machine' });
    assert.equal((await member.list('')).store, store.id);
  });

  it('shares nothing with those of another store at the same place', async (t) => {
    const path = meetingPath(t);
    const [one, other] = [engineAt(t, { path }), engineAt(t, { path }, 'another store')];
    await one.list('');
    await other.list('');
    assert.notEqual((await one.list('')).connection, (await other.list('')).connection);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RpcError } from '../../lib/errors.js';
import { request } from '../lib/transport/support.js';
import { until } from '../support/until.js';
import { type RawPeer, registeredCaller } from './raw-peers.js';
import { joinAll, sharedWorld } from './shared-client-support.js';

/** Resolves with the error that the request was answered with. */
async function refusal(peer: RawPeer, id: number): Promise<string> {
  const { body } = await until(() => peer.packets.find((packet) => packet.id === id), { what: `answer ${id}` });
  return body.toString();
}

describe('a Follower of a shared client that', () => {
  it('calls what is not delegated, one way, writes nothing of its own into the log', async (t) => {
    const world = await sharedWorld(t);
    await joinAll(world, 1);
    const peer = await registeredCaller(t, world.port, 'Registry');
    const method = 'x\u001b[2J\nmailstation: all is well';
    peer.write(request(2, { type: 'invoke', method, argLength: 0, oneway: true }));
    await until(() => world.log.length > 0, { what: 'the log line' });
    const [line] = (world.log[0] as string).split('\n');
    assert.match(line as string, /dropped a one-way call of "x\\u001b\[2J\\nmailstation: all is well" from /);
  });

  it('subscribes to what cannot be sent is told so once', async (t) => {
    const world = await sharedWorld(t, { responseTimeout: 100 });
    const [, follower] = await joinAll(world, 2);
    follower?.subscribe({ id: 'x'.repeat(70_000) }, () => {});
    await new Promise((resolve) => setTimeout(resolve, 300)); // longer than an answer would be waited for
    assert.deepEqual(
      world.errors.map((error) => (error as RpcError).code),
      ['ERR_RPC_FRAME_TOO_LARGE'],
    );
  });

  it('subscribes to keys of 64 KB is refused past some, and harms no other', async (t) => {
    const world = await sharedWorld(t);
    const [leader] = await joinAll(world, 1);
    const peer = await registeredCaller(t, world.port, 'Registry');
    const big = 'x'.repeat(64_000);
    const count = Math.ceil((64 * 1024 * 1024) / 64_000);
    for (let id = 2; id < count + 2; id++)
      peer.write(request(id, { type: 'subscribe', key: `${id}`, reg: { id: `${id}`, big } }));
    assert.match(await refusal(peer, count + 1), /bytes of keys are subscribed to already/);
    assert.equal(await leader?.echo('served'), 'served');
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { request } from '../lib/transport/support.js';
import { until } from '../support/until.js';
import { registeredCaller } from './raw-peers.js';
import { joinAll, sharedWorld } from './shared-client-support.js';

describe('a Follower of a shared client that', () => {
  it('calls what is not delegated, one way, writes nothing of its own into the log', async (t) => {
    const world = await sharedWorld(t);
    await joinAll(world, 1);
    const peer = await registeredCaller(t, world.port, 'Registry');
    const method = 'x\u001b[2J\nmailstation: all is well';
    peer.write(request(2, { type: 'invoke', method, argLength: 0, oneway: true }));
    await until(() => world.log.length > 0, { what: 'the log line' });
    const [line] = (world.log[0] as string).split('\n');
    assert.match(line as string, /a one-way call of Registry\.x\\u001b\[2J\\u000amailstation: all is well failed: /);
  });
});

import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { RpcError } from '../../index.js';
import { EXT, rawCaller } from '../behaviour/raw-peers.js';
import { Registry } from '../behaviour/shared-client-support.js';
import { keptLog, unusedPort } from '../behaviour/support.js';
import { request } from '../lib/transport/support.js';
import { expectNoLeaks } from '../support/leaks.js';
import { until } from '../support/until.js';
import { inBothRoles } from './frozen-roles.js';

const MANY = 500;

/** `serving` leads a shared client, and `calling` follows. */
await inBothRoles(({ serving, calling }) => {
  it('values of a shared client arrive in order, and their acknowledgements are understood', async (t) => {
    expectNoLeaks(t);
    const port = await unusedPort(t);
    const errors: RpcError[] = [];
    const join = async ({ cluster }: typeof serving) => {
      const client = cluster(Registry, { port, logger: keptLog().logger, responseTimeout: 2_000 }).create();
      client.on('error', (error: RpcError) => errors.push(error));
      t.after(() => cluster.close(client));
      await client.ready();
      return client;
    };
    const leader = await join(serving);
    const follower = await join(calling);
    assert.deepEqual([leader.isClusterClientLeader, follower.isClusterClientLeader], [true, false]);
    const got: unknown[] = [];
    follower.subscribe({ id: 'a' }, (value: unknown) => got.push(value));
    await follower.echo('behind the subscription');

    // A Follower that acknowledges nothing, and whose values are all reported.
    const silent = await rawCaller(t, port);
    silent.write(request(1, { type: 'register_channel', channelName: 'Registry', ext: EXT }));
    await silent.next();
    silent.write(request(2, { type: 'subscribe', key: '$$inner$$__{"id":"a"}', reg: { id: 'a' } }));
    await silent.next();

    const sent = Array.from({ length: MANY }, (_, index) => index);
    for (const value of sent) Registry.latest?.give('a', value);
    await until(() => got.length === MANY, { what: 'the values' });
    assert.deepEqual(got, sent);
    const ofSilent = () => errors.filter(({ message }) => message.includes(`:${silent.socket.localPort}: `));
    await until(() => ofSilent().length === MANY, { what: 'the reports', timeoutMs: 30_000 });
    // When the report of a later value has come, the deadlines of all earlier values have long passed.
    Registry.latest?.give('a', MANY);
    await until(() => ofSilent().length > MANY, { what: 'the report of the last value', timeoutMs: 30_000 });
    assert.deepEqual(
      errors.filter((error) => !ofSilent().includes(error)),
      [],
    );
  });
});

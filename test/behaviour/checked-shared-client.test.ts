import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { checked } from '../../lib/service/checked.js';
import { Registry, sharedWorld } from './shared-client-support.js';
import { failure } from './support.js';

type Back = (error: Error | null, ...results: unknown[]) => void;

class Names extends Registry {
  declare lookUp: (name: string) => Promise<string>;
  declare count: (step?: number) => Promise<unknown>;
  declare walk: (name: string) => Promise<unknown>;
  declare spell: (name: string) => AsyncIterableIterator<string>;
}

// Methods of the prototype are delegated by default if they are asynchronous.
Names.prototype.lookUp = checked({ args: [z.string()], returns: z.string().max(9) }, async (name) => `${name} found`);
Names.prototype.count = checked(
  { args: [z.number().default(2)] },
  (step: number, callback: Back) => void callback(null, step + 1),
) as never;
Names.prototype.walk = checked({ args: [z.string()] }, function* (name: string): Generator<unknown, unknown> {
  return `${name} ${String(yield Promise.resolve('walks'))}`;
}) as never;

Names.prototype.spell = checked({ args: [z.string()], returns: z.string().max(1) }, async function* (name) {
  yield* name.split(' ');
}) as never;

describe('a checked method of a shared client', () => {
  it('is checked in the Leader, for the Leader and for Followers', async (t) => {
    const world = await sharedWorld(t);
    const more = { build: (builder: { delegate(name: string): unknown }) => builder.delegate('count') };
    const leader = world.join(Names, more);
    await leader.ready();
    const follower = world.join(Names, more);
    await follower.ready();
    assert.deepEqual([leader.isClusterClientLeader, follower.isClusterClientLeader], [true, false]);
    for (const client of [leader, follower]) {
      assert.equal(await client.lookUp('ada'), 'ada found');
      assert.equal(await client.count(), 3);
      assert.equal(await client.walk('ada'), 'ada walks');
      const error = await failure(client.lookUp(7 as never));
      assert.deepEqual([error.code, error.delivery], ['ERR_RPC_VALIDATION', 'answered']);
      assert.deepEqual(error.issues, [{ path: [0], message: 'Invalid input: expected string, received number' }]);
      assert.equal((await failure(client.count('x' as never))).code, 'ERR_RPC_VALIDATION');
      assert.equal((await failure(client.walk(1 as never))).code, 'ERR_RPC_VALIDATION');
      const unfit = await failure(client.lookUp('augusta'));
      assert.match(unfit.message, /its result does not fit the schema that the server has for it/);
      assert.doesNotMatch(unfit.message, /augusta|Too big/);
      const letters: string[] = [];
      const read = async (name: string): Promise<void> => {
        for await (const letter of client.spell(name)) letters.push(letter);
      };
      await read('a d');
      assert.match((await failure(read('a long'))).message, /an item of the stream does not fit the schema/);
      assert.equal((await failure(read(7 as never))).code, 'ERR_RPC_VALIDATION');
      assert.deepEqual(letters, ['a', 'd', 'a']);
    }
    assert.match(
      world.log.join('\n'),
      /the result of lookUp does not fit its schema: \[0\]: /,
      'refusals do not hide it',
    );
  });
});

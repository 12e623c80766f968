import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nearName } from '../../lib/near-name.js';

const NAMES = ['timeout', 'standby', 'paths', 'port', 'name', 'consecutiveFailures', 'maxQueued', 'maxQueuedBytes'];

describe('the name that was probably meant', () => {
  for (const [written, meant] of [
    ['timeOut', 'timeout'],
    ['timout', 'timeout'],
    ['timeuot', 'timeout'],
    ['standBy', 'standby'],
    ['path', 'paths'],
    ['prot', 'port'],
    ['Port', 'port'],
    ['consecutiveFailure', 'consecutiveFailures'],
    ['maxQueuedByte', 'maxQueuedBytes'],
    ['max_queued', 'maxQueued'],
  ] as const) {
    it(`is ${meant} for ${written}`, () => assert.equal(nearName(written, NAMES), meant));
  }

  for (const written of ['age', 'x', '', 'retries', 'somethingElse']) {
    it(`is none for ${JSON.stringify(written)}`, () => assert.equal(nearName(written, NAMES), undefined));
  }

  it('is never the neighbour in a row of numbered names', () => {
    assert.equal(nearName('chat-2', ['chat-1', 'chat-12', 'gate-1']), undefined);
    assert.equal(nearName('chat2', ['chat', 'chat1']), 'chat');
    assert.equal(nearName('caht-2', ['chat-2']), 'chat-2');
  });

  it('is the nearest of several', () => {
    assert.equal(nearName('maxQueue', ['maxQueued', 'maxQueuedBytes', 'maxQueues']), 'maxQueued');
    assert.equal(nearName('ports', ['parts', 'port']), 'parts');
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RpcError } from '../../../lib/errors.js';
import { readMessage } from '../../../lib/leader/acceptor-request.js';

const MSG = { namespace: 'user', service: 'm', method: 'f', args: [1] };
const answer = (): void => {};

describe('a message of a custom acceptor', () => {
  it('is a request where each part is there, and a bad request otherwise', () => {
    assert.deepEqual(readMessage({ msg: MSG, answer }, 3), { id: 3, method: 'user.m.f', args: [1], oneway: false });
    assert.equal((readMessage({ msg: MSG, answer: undefined }, 3) as { oneway: boolean }).oneway, true);
    const WRONG = [
      undefined,
      null,
      5,
      {},
      { ...MSG, args: 'x' },
      { ...MSG, method: 5 },
      { ...MSG, namespace: undefined },
    ];
    for (const msg of WRONG) assert.ok(readMessage({ msg, answer }, 3) instanceof RpcError);
  });
});

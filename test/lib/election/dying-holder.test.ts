import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Candidate } from '../../../lib/election/candidate.js';
import { RpcCode, RpcError } from '../../../lib/errors.js';

/** A Candidate whose port is held for a while by somebody who answers its dialling with `code`. */
function candidate(code: string) {
  let claims = 0;
  const obstacles: RpcError[] = [];
  const moves: string[] = [];
  const made = new Candidate({
    claim: async () => {
      claims += 1;
      if (claims < 4) throw new RpcError(RpcCode.AddressInUse, 'in use');
    },
    follow: async () => {
      throw new RpcError(RpcCode.Connect, `connect ${code}`, { cause: Object.assign(new Error(code), { code }) });
    },
    onObstacle: (error) => obstacles.push(error),
    onMove: (to) => moves.push(to),
  });
  return { made, moves, obstacles, claims: () => claims };
}

describe('a Candidate, while the holder of its port dies,', () => {
  for (const code of ['ECONNREFUSED', 'ECONNRESET', 'EPIPE']) {
    it(`tries again: ${code}`, async () => {
      const { made, moves, obstacles, claims } = candidate(code);
      await made.compete();
      assert.deepEqual([made.state, claims(), moves, obstacles], ['leading', 4, ['competing', 'leading'], []]);
    });
  }

  it('does not take a stranger for one: ETIMEDOUT', async () => {
    const { made, claims } = candidate('ETIMEDOUT');
    await assert.rejects(made.compete(), { code: RpcCode.AddressInUse });
    assert.equal(claims(), 1);
    await made.destroy(new RpcError(RpcCode.Closed, 'the test is over'));
  });
});

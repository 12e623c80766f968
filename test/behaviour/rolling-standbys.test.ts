import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rollingStandbys } from '../../bench/failover/rounds.js';
import { answerers, assertNoneLost } from './none-lost.js';

describe('a rolling restart of three processes that run one id, under load', () => {
  it('fails no call', async () => {
    const outcome = await rollingStandbys();
    assertNoneLost(outcome);
    assert.ok(answerers(outcome) > 1, 'another answers while the leading one is away');
  });
});

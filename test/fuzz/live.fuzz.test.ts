import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { allTransports } from '../transport/conformance/transports.js';
import { campaign } from './live/campaign.js';
import type { Figures } from './live/siege.js';
import { SEED } from './seeds.js';

/** Time for each transport. `npm run fuzz` takes as long as it is given. Unit: ms */
const DURATION_MS = 5_000;

describe(`a process under attack stays alive and serves others, with FUZZ_SEED=${SEED}`, () => {
  for (const transport of allTransports())
    it(`over ${transport.name}`, async (t) => {
      let figures: Figures | undefined;
      await campaign(t, {
        transports: [transport],
        seed: SEED,
        durationMs: DURATION_MS,
        onTurn: (_, last) => {
          figures = last;
        },
      });
      assert.ok(figures !== undefined && figures.connections > 0 && figures.served > 0 && figures.ownCalls > 0);
      t.diagnostic(JSON.stringify(figures));
    });
});

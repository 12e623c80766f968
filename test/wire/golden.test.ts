import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import * as current from '../../index.js';
import type { Head } from '../../lib/protocol/message.js';
import { parseHead } from '../../lib/protocol/parse-head.js';
import { framesOf as framesIn } from '../lib/protocol/support.js';
import { CONVERSATIONS } from './conversations.js';
import { framesOf, GOLDEN_FILE, type Golden, type GoldenFrame } from './golden.js';

const golden = JSON.parse(readFileSync(GOLDEN_FILE, 'utf8')) as Golden;

/** The compiler wants every type of head here; the test wants a golden packet of each. */
const HEAD_TYPES: Readonly<Record<Exclude<Head['type'], 'invalid'>, true>> = {
  register_channel: true,
  register_channel_res: true,
  register_challenge: true,
  register_proof: true,
  invoke: true,
  invoke_result: true,
  cancel: true,
  progress: true,
  stream_items: true,
  stream_credit: true,
  stream_received: true,
  stream_end: true,
  stream_stop: true,
  heartbeat: true,
  heartbeat_res: true,
  goaway: true,
  goaway_res: true,
  subscribe: true,
  unSubscribe: true,
  subscribe_result: true,
  subscribe_result_res: true,
  relay: true,
  relay_failure: true,
  open_mailbox: true,
  close_mailbox: true,
  mailbox_state: true,
};

/** The packets that are not among the others, each in a few lines. */
function without(frames: readonly GoldenFrame[], others: readonly GoldenFrame[]): string[] {
  const known = new Set(others.map(({ from, hex }) => `${from} ${hex}`));
  return frames
    .filter(({ from, hex }) => !known.has(`${from} ${hex}`))
    .map(({ step, from, head, hex }) => `"${step}", from the ${from}: ${head}\n    ${hex}`);
}

describe('the golden packets', () => {
  it('are of every conversation', () => {
    assert.deepEqual(Object.keys(golden), Object.keys(CONVERSATIONS));
  });

  it('are of every type of head', () => {
    const heads = Object.values(golden).flatMap((frames) => frames.map(({ head }) => JSON.parse(head).type));
    assert.deepEqual(
      Object.keys(HEAD_TYPES).filter((type) => !heads.includes(type)),
      [],
    );
  });

  it('have heads that are read as what they are', () => {
    for (const { head, hex } of Object.values(golden).flat()) {
      const [frame] = framesIn([Buffer.from(hex, 'hex')]);
      assert.equal(frame?.head, head);
      const { type } = JSON.parse(head) as { type?: string };
      assert.equal(parseHead(head).type, type !== undefined && type in HEAD_TYPES ? type : 'invalid', head);
    }
  });

  for (const [name, expected] of Object.entries(golden)) {
    it(`are sent, and no others: ${name}`, async (t) => {
      const sent = await framesOf(t, name, current);
      const lost = without(expected, sent);
      const found = without(sent, expected);
      const changed = [...lost.map((line) => `  golden: ${line}`), ...found.map((line) => `  sent:   ${line}`)];
      assert.deepEqual(changed, [], `these packets have changed:\n${changed.join('\n')}`);
    });
  }
});

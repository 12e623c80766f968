import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ProvenIdentity } from '../../../lib/identity.js';
import { abilitiesOf, refuseLeaderless } from '../../../lib/leader/channel-terms.js';
import type { Failed, RegisterRequest } from '../../../lib/leader/register-request.js';
import type { Session } from '../../../lib/leader/session.js';
import { LEADER_FEATURES } from '../../../lib/protocol/message.js';
import type { Topics } from '../../../lib/serving/channel.js';

const HOLDER = { name: 'mailstation', version: '1.2.3', pid: 7, channels: ['chat-1', '*'] };

/** The refusal that a peer gets: its message, and the holder of the port. */
function refusal(isLocal: boolean, proven: ProvenIdentity, asksHolder: boolean): readonly [string, unknown] {
  let got: readonly [string, unknown] | undefined;
  const refuse = (_: RegisterRequest, code: string, message: string, detail: Failed = {}) => {
    assert.equal(code, 'no_leader');
    got = [message, detail.holder];
  };
  const ext = { version: 1, codecs: [], features: [], ...(asksHolder && { asksHolder }) };
  const request = { id: 1, channelName: 'nobody', ext, timeout: 1 };
  refuseLeaderless({ isLocal, proven, refuse } as unknown as Session, request, HOLDER);
  return got ?? assert.fail('no refusal');
}

describe('a Follower of a channel without a Leader', () => {
  const plain = 'no process leads the channel "nobody" on this port';

  it('is told the holder where it asks, and is on this machine or has proven a secret or a certificate', () => {
    const certificate = { name: 'ops' } as ProvenIdentity['certificate'] & object;
    for (const [isLocal, proven] of [
      [true, {}],
      [false, { secret: 'default' }],
      [false, { certificate }],
    ] as const) {
      const told = `${plain}; process 7 (mailstation 1.2.3) holds the port and leads "chat-1", "*"`;
      assert.deepEqual(refusal(isLocal, proven, true), [told, HOLDER]);
      assert.deepEqual(refusal(isLocal, proven, false), [plain, undefined]);
    }
  });

  it('learns nothing elsewhere, whatever token it has', () => {
    assert.deepEqual(refusal(false, { token: { user: 'ada' } }, true), [plain, undefined]);
  });
});

describe('the features of a channel', () => {
  const invoke = () => {};

  it('have `values` where the channel has subscriptions, also beside features of its own', () => {
    const topics = {} as Topics;
    assert.deepEqual(abilitiesOf({ name: 'a', invoke }).features, LEADER_FEATURES);
    assert.deepEqual(abilitiesOf({ name: 'a', invoke, topics }).features, [...LEADER_FEATURES, 'values']);
    const term = { store: 's', revision: 1 };
    assert.deepEqual(abilitiesOf({ name: 'a', invoke, topics, features: ['results'], term }), {
      features: ['results', 'values', 'term'],
      term,
    });
  });
});

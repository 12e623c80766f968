import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { endpointOf } from '../../../lib/endpoint.js';
import { LINE_DEFAULTS, resolveLineOptions } from '../../../lib/follower/line-options.js';
import { resolveMailBoxOptions } from '../../../mailbox/index.js';

const ENDPOINT = endpointOf({ port: 1 });

describe('resolveLineOptions', () => {
  it('has a default for everything but the endpoint and the channel', () => {
    assert.deepEqual(resolveLineOptions(ENDPOINT, 'a'), { ...LINE_DEFAULTS, endpoint: ENDPOINT, channel: 'a' });
  });

  it('prefers what it is given, and is frozen', () => {
    const options = resolveLineOptions(ENDPOINT, 'a', { maxInFlight: 1, codecs: ['json'] });
    assert.deepEqual([options.maxInFlight, options.codecs, options.connectTimeout], [1, ['json'], 3_000]);
    assert.ok(Object.isFrozen(options));
  });

  it('has the defaults that mailboxes document', () => {
    const { keepalive, ...options } = resolveMailBoxOptions({});
    const { heartbeatInterval, ...defaults } = LINE_DEFAULTS;
    assert.equal(heartbeatInterval, keepalive);
    for (const [name, value] of Object.entries(defaults))
      assert.deepEqual(options[name as keyof typeof options], value, name);
  });
});

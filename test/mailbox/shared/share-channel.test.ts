import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { endpointOf } from '../../../lib/endpoint.js';
import { resolveMailBoxOptions } from '../../../mailbox/index.js';
import { acceptorOptions, lineOptions } from '../../../mailbox/shared/share-channel.js';

const SHARE = { endpoint: endpointOf({ port: 7_000 }), lead: true, maxServers: 10, maxCalls: 10 };

describe('the channel of shared mailboxes', () => {
  it('passes frames on at the port of the Leader, and encodes them at the line of a Follower', () => {
    const mailbox = resolveMailBoxOptions({});
    assert.equal(acceptorOptions(SHARE, mailbox, console).relays, true);
    assert.notEqual(lineOptions(SHARE, mailbox).relays, true);
  });
});

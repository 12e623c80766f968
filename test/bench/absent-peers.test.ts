import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { whyAbsent } from '../../bench/absent-peers.js';

describe('peers that need more than their packages', () => {
  it('are left out with a sentence where something is missing, and measured where all is there', () => {
    assert.match(whyAbsent('moleculer-15', '20.20.2', '') ?? '', /needs Node 22, and this is Node 20\.20\.2$/);
    assert.equal(whyAbsent('moleculer-15', '22.23.3', ''), undefined);
    assert.match(whyAbsent('nats', '20.20.2', '') ?? '', /no nats-server was found/);
    assert.equal(whyAbsent('nats', '20.20.2', '/usr/sbin/nats-server'), undefined);
    assert.equal(whyAbsent('grpc-js', '20.20.2', ''), undefined);
  });
});

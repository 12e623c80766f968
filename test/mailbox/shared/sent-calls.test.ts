import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RpcCode, RpcError } from '../../../lib/errors.js';
import { SentCalls } from '../../../mailbox/shared/sent-calls.js';
import { fakeCall } from '../../lib/transport/support.js';
import { LOST } from '../support.js';

function setUp() {
  const ended: string[] = [];
  const sent = new SentCalls((call, isAnswered) => ended.push(`${call.args[0]} ${isAnswered ? 'answered' : 'failed'}`));
  const send = (name: string) => {
    const made = fakeCall({ args: [name] });
    sent.add(made.call);
    return made;
  };
  return { ended, sent, send };
}

describe('SentCalls', () => {
  it('counts calls until they end, in whatever order', () => {
    const { ended, sent, send } = setUp();
    const [a, b, c, d] = [send('a'), send('b'), send('c'), send('d')];
    assert.equal(sent.size, 4);
    b.call.succeed([]);
    d.call.succeed([]);
    a.call.fail(new RpcError(RpcCode.Timeout, 'late', { delivery: 'unknown' }));
    assert.equal(sent.size, 1);
    c.call.fail(new RpcError(RpcCode.Remote, 'no', { delivery: 'answered' }));
    assert.equal(sent.size, 0);
    assert.deepEqual(ended, ['b answered', 'd answered', 'a failed', 'c answered']);
  });

  it('loses its calls in the order of sending, and those alone', () => {
    const { ended, sent, send } = setUp();
    const [, b] = [send('a'), send('b'), send('c')];
    b.call.succeed([]);
    send('d');
    sent.loseAll(LOST);
    assert.deepEqual(ended, ['b answered', 'a failed', 'c failed', 'd failed']);
    assert.equal(sent.size, 0);
  });

  it('watches a call that came back once, and counts it once it is sent again', () => {
    const { ended, sent, send } = setUp();
    const watched: string[] = [];
    const { call } = fakeCall({ args: ['a'] });
    call.watcher = { answered: () => watched.push('answered'), failed: () => watched.push('failed') };
    sent.add(call);
    send('b');
    for (let times = 0; times < 3; times++) {
      sent.returned(call);
      assert.equal(sent.size, 1);
      sent.add(call);
      assert.equal(sent.size, 2);
    }
    call.succeed([]);
    assert.equal(sent.size, 1);
    assert.deepEqual(ended, ['a answered']);
    assert.deepEqual(watched, ['answered']);
  });

  it('reports the end of a call that came back and was not sent again', () => {
    const { ended, sent, send } = setUp();
    const { call } = send('a');
    sent.returned(call);
    call.fail(new RpcError(RpcCode.Timeout, 'late', { delivery: 'not-sent' }));
    assert.deepEqual(ended, ['a failed']);
    assert.equal(sent.size, 0);
  });
});

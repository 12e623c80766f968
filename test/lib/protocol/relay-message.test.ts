import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { invokeHead } from '../../../lib/protocol/message.js';
import { parseHead } from '../../../lib/protocol/parse-head.js';
import { type RelayMessage, relayMessage } from '../../../lib/protocol/relay-message.js';

const server = { id: 'test-1', host: '127.0.0.1', port: 3333, transport: 'tcp' } as const;
const failure = { name: 'RpcError', message: 'why', code: 'ERR_RPC_CONNECT' };

describe('what processes that share mailboxes say to each other', () => {
  const messages: RelayMessage[] = [
    { type: 'open_mailbox', to: 0, server },
    { type: 'open_mailbox', to: 0, server: { ...server, port: 1, transport: 'ws', url: 'ws://127.0.0.1:1/rpc' } },
    { type: 'close_mailbox', to: 2 ** 31 - 1 },
    { type: 'mailbox_state', to: 1, state: 'full', lastFailure: undefined, reason: undefined },
    { type: 'mailbox_state', to: 1, state: 'backoff', lastFailure: failure, reason: failure },
    { type: 'relay_failure', code: 'ERR_RPC_CONNECT', delivery: 'not-sent' },
  ];
  for (const message of messages) {
    it(`arrives: ${relayMessage(message)}`, () => {
      assert.deepEqual(parseHead(relayMessage(message).toString()), message);
    });
  }

  it('names the server of a call by its number, and is short enough to be kept', () => {
    const head = invokeHead('user.module.method', 2, false, true, 4_096);
    assert.ok(head.length < 128);
    const relayed = { type: 'relay', to: 4_096, method: 'user.module.method', argLength: 2, oneway: false, meta: true };
    assert.deepEqual(parseHead(head.toString()), relayed);
    assert.equal(invokeHead('a.b.c', 0, false, false).toString().includes('to'), false);
  });

  const nonsense: object[] = [
    { type: 'open_mailbox', to: -1, server },
    { type: 'open_mailbox', to: 1 },
    { type: 'open_mailbox', to: 1, server: { ...server, id: 5 } },
    { type: 'open_mailbox', to: 1, server: { ...server, host: null } },
    { type: 'open_mailbox', to: 1, server: { ...server, port: 65_536 } },
    { type: 'open_mailbox', to: 1, server: { ...server, transport: 'mqtt' } },
    { type: 'close_mailbox', to: '1' },
    { type: 'mailbox_state', to: 1, state: 'open' },
    { type: 'relay_failure', code: 5, delivery: 'not-sent' },
    { type: 'relay_failure', code: 'ERR_RPC_CONNECT', delivery: 'lost' },
    { type: 'relay', method: 'f', argLength: 0 },
    { type: 'relay', to: 2 ** 31, method: 'f', argLength: 0 },
    { type: 'relay', to: 1, method: 5, argLength: 0 },
  ];
  for (const head of nonsense) {
    it(`is refused: ${JSON.stringify(head)}`, () => {
      assert.equal(parseHead(JSON.stringify(head)).type, 'invalid');
    });
  }
});

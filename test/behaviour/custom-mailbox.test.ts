import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { describe, it } from 'node:test';
import type { RpcMessage } from '../../lib/rpc-message.js';
import type { ServerInfo } from '../../lib/server-info.js';
import type { CustomMailBox } from '../../mailbox/index.js';
import { expectNoLeaks } from '../support/leaks.js';
import { until } from '../support/until.js';
import { call, failure } from './support.js';

type Answer = (tracer: null, error?: unknown, results?: unknown[]) => void;

const SERVER: ServerInfo = { id: 'test-1', serverType: 'test', port: 1 };

/** A mailbox over no transport at all: it answers with what it was sent. */
class EchoMailBox extends EventEmitter implements CustomMailBox {
  static made: EchoMailBox[] = [];
  readonly server: ServerInfo;
  isClosed = false;

  constructor(server: ServerInfo) {
    super();
    this.server = server;
    EchoMailBox.made.push(this);
  }

  connect(_tracer: null, callback: (error?: unknown) => void): void {
    setImmediate(callback);
  }

  send(_tracer: null, msg: RpcMessage, _opts: unknown, answer: Answer): void {
    setImmediate(() => {
      if (msg.method === 'fail') answer(null, new Error('boom'));
      else if (msg.method !== 'hang') answer(null, null, [null, this.server.id, ...msg.args]);
    });
  }

  close(): void {
    this.isClosed = true;
  }
}

describe('a mailbox of the user’s own', () => {
  it('carries calls, with filters, deadlines and callbacks as ever', async (t) => {
    expectNoLeaks(t);
    for (const factory of [
      { mailboxFactory: (server: ServerInfo) => new EchoMailBox(server) },
      { mailBoxFactory: { create: (server: ServerInfo) => new EchoMailBox(server) } },
    ]) {
      const { client, calls } = await call(t, [SERVER], factory);
      client.before((_id, msg) => void msg.args.push('filtered'));
      assert.equal(await calls.f(null, 1), 'test-1');
      const all = await new Promise<unknown[]>((resolve) =>
        calls.f(null, 1, (...outcome: unknown[]) => resolve(outcome)),
      );
      assert.deepEqual(all, [null, 'test-1', 1, 'filtered']);
      assert.match((await failure(calls.fail(null))).message, /boom/);
      const error = await failure(calls.hang.with({ timeout: 20 })(null));
      assert.deepEqual([error.code, error.delivery], ['ERR_RPC_TIMEOUT', 'unknown']);
      await client.stop();
      assert.equal(EchoMailBox.made.at(-1)?.isClosed, true);
    }
  });

  it('is made anew when it is lost, and calls made meanwhile go through the new one', async (t) => {
    expectNoLeaks(t);
    EchoMailBox.made = [];
    const { calls, moves } = await call(t, [SERVER], { mailboxFactory: (server) => new EchoMailBox(server) });
    await calls.f(null);
    const lost = failure(calls.hang(null));
    EchoMailBox.made[0]?.emit('close', 'test-1');
    assert.deepEqual([(await lost).code, (await lost).delivery], ['ERR_RPC_CONNECTION_LOST', 'unknown']);
    assert.equal(await calls.f(null), 'test-1');
    assert.equal(EchoMailBox.made.length, 2);
    assert.equal(EchoMailBox.made[0]?.isClosed, true);
    await until(() => moves.at(-1) === 'test-1 connecting -> ready', { what: 'the new one' });
  });
});

import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { Readable } from 'node:stream';
import { describe, it, type TestContext } from 'node:test';
import { until } from '../support/until.js';
import { call, failure, serve } from './support.js';

/** A mailbox of a user's that echoes, and notes what it was sent. */
class EchoMailBox extends EventEmitter {
  readonly sent: unknown[] = [];

  connect(callback: () => void): void {
    callback();
  }

  send(msg: { args: unknown[] }, _options: unknown, callback: (error: null, value: unknown) => void): void {
    this.sent.push(msg);
    callback(null, msg.args[0]);
  }

  close(): void {}
}

async function* numbers() {
  yield* [1, 2];
}

describe('a call with a stream through a custom mailbox', () => {
  it('fails at once with ERR_RPC_NO_STREAM in each direction, sends nothing, and leaves its source alone', async (t) => {
    const mailbox = new EchoMailBox();
    const { calls } = await call(t, [{ id: 'test-1', serverType: 'test', port: 3333 }], {
      mailboxFactory: (() => mailbox) as never,
    });
    const [source, readable] = [numbers(), Readable.from([1])];
    const failed = [
      await failure(calls.f.stream(null).next()),
      await failure(calls.f.with({ stream: source })(null)),
      await failure(calls.f.with({ stream: readable }).stream(null).next()),
    ];
    for (const { code, delivery, message } of failed) {
      assert.deepEqual([code, delivery], ['ERR_RPC_NO_STREAM', 'not-sent']);
      assert.match(message, /a custom mailbox has no streams/);
    }
    assert.deepEqual([await source.next(), readable.destroyed, mailbox.sent], [{ done: false, value: 1 }, true, []]);
    assert.equal(await calls.f(null, 'plain'), 'plain');
  });
});

describe('a method that answers with a stream, called through a custom acceptor', () => {
  async function served(t: TestContext, service: object) {
    let receive: ((...passed: unknown[]) => void) | undefined;
    const acceptorFactory = (_options: unknown, onMessage: (...passed: unknown[]) => void) => {
      receive = onMessage;
      return { listen() {}, close() {} };
    };
    const { server, log } = await serve(t, service, { acceptorFactory: acceptorFactory as never, port: 3333 });
    const failures: unknown[] = [];
    server.on('callFailed', ({ method, code }) => failures.push([method, code]));
    const ask = (method: string): Promise<[error: { code?: string; message: string } | null, ...results: unknown[]]> =>
      new Promise((resolve) => {
        receive?.({}, { namespace: 'user', service: 'service', method, args: [] }, (...given: unknown[]) =>
          resolve(given as never),
        );
      });
    return { ask, log, failures };
  }

  it('is refused with ERR_RPC_NO_STREAM: no item is asked for, and streams of Node are ended', async (t) => {
    let asked = 0;
    const readable = Readable.from([1]);
    const service = {
      async *endless() {
        for (;;) yield asked++;
      },
      readable: () => readable,
      later: async () => numbers(),
      f: () => 'f',
    };
    const { ask, log, failures } = await served(t, service);
    for (const method of ['endless', 'readable', 'later']) {
      const [error, ...results] = await ask(method);
      assert.equal(error?.code, 'ERR_RPC_NO_STREAM');
      assert.match(error?.message ?? '', /answers with a stream, which a custom acceptor cannot send/);
      assert.deepEqual(results, []);
    }
    await until(() => readable.destroyed, { what: 'the end of the Readable' });
    assert.equal(asked, 0);
    assert.deepEqual(
      failures,
      ['endless', 'readable', 'later'].map((method) => [`user.service.${method}`, 'ERR_RPC_NO_STREAM']),
    );
    assert.ok(
      log.some((line) => line.includes('refused a call of "user.service.endless"')),
      log.join('\n'),
    );
    assert.deepEqual(await ask('f'), [null, 'f']);
  });
});

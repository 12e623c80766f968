import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { endpointOf } from '../../../lib/endpoint.js';
import { RpcCode, RpcError } from '../../../lib/errors.js';
import type { ByteStream } from '../../../lib/transport/byte-stream.js';
import { abortReason, dialWithin } from '../../../lib/transport/dial-within.js';
import { FakeStream, mockClock } from './support.js';

const ENDPOINT = endpointOf({ port: 3_333, transport: 'ws' });
const STOPPED = new RpcError(RpcCode.Closed, 'the client was stopped');

/** A dial that the test settles. An abort rejects it with the signal's reason, as transports do. */
function dialling(t: TestContext, signal = new AbortController().signal) {
  const clock = mockClock(t);
  let resolve = (_stream: ByteStream): void => {};
  let reject = (_error: unknown): void => {};
  const opened = dialWithin(500, ENDPOINT, {}, signal, (_endpoint, options) => {
    return new Promise((settle, fail) => {
      resolve = settle;
      reject = fail;
      options.signal.addEventListener('abort', () => fail(options.signal.reason));
      if (options.signal.aborted) fail(options.signal.reason);
    });
  });
  opened.catch(() => {}); // the test looks at it later
  return { clock, opened, resolve: (stream: ByteStream) => resolve(stream), reject: (error: unknown) => reject(error) };
}

async function failure(promise: Promise<unknown>): Promise<RpcError> {
  return promise.then(
    () => assert.fail('it did not fail'),
    (error: RpcError) => error,
  );
}

describe('dialWithin', () => {
  it('resolves with the stream, and leaves no timer', async (t) => {
    const { clock, opened, resolve } = dialling(t);
    const stream = new FakeStream();
    resolve(stream);
    assert.equal(await opened, stream);
    assert.equal(clock.timers, 0);
  });

  it('gives up when the time is over, and names the endpoint', async (t) => {
    const { clock, opened } = dialling(t);
    clock.advance(500);
    const { code, message } = await failure(opened);
    assert.deepEqual([code, message], [RpcCode.Connect, 'no connection to ws://127.0.0.1:3333 in 500 ms']);
  });

  it('rejects with ERR_RPC_CONNECT and the system’s error as its cause', async (t) => {
    const { clock, opened, reject } = dialling(t);
    const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:3333'), { code: 'ECONNREFUSED' });
    reject(refused);
    const { code, message, cause } = await failure(opened);
    assert.deepEqual([code, message, cause], [RpcCode.Connect, refused.message, refused]);
    assert.equal(clock.timers, 0);
  });

  it('rejects with the reason of the signal, before and while it dials', async (t) => {
    const gone = dialling(t, AbortSignal.abort(STOPPED));
    assert.equal(await failure(gone.opened), STOPPED);
    const abort = new AbortController();
    const late = dialling(t, abort.signal);
    abort.abort(STOPPED);
    assert.equal(await failure(late.opened), STOPPED);
  });
});

describe('abortReason', () => {
  it('is the RpcError of the abort, or the end of the connection where the reason is another', () => {
    assert.equal(abortReason(AbortSignal.abort(STOPPED)), STOPPED);
    const { code, message, cause } = abortReason(AbortSignal.abort('enough'));
    assert.deepEqual([code, message, cause], [RpcCode.Closed, 'enough', 'enough']);
  });
});

import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { endpointOf } from '../../lib/endpoint.js';
import type { TransportName } from '../../lib/server-info.js';
import type { ByteStream, StreamHandler } from '../../lib/transport/byte-stream.js';
import { dial, listen } from '../../lib/transport/transports.js';
import { expectNoLeaks } from '../support/leaks.js';
import { until } from '../support/until.js';
import { failure, overTransports, unusedPort } from './support.js';

const IDLE = { handshakeTimeout: 10_000, onStream() {}, onError() {} };

/** One end of a connection, and what it was told. */
class End implements StreamHandler {
  readonly stream: ByteStream;
  received = Buffer.alloc(0);
  drains = 0;
  readonly closes: (Error | undefined)[] = [];

  constructor(stream: ByteStream) {
    this.stream = stream;
    stream.open(this);
  }

  onData(chunk: Buffer): void {
    this.received = Buffer.concat([this.received, chunk]);
  }

  onDrain(): void {
    this.drains += 1;
  }

  onClose(error: Error | undefined): void {
    this.closes.push(error);
  }
}

async function connected(t: TestContext, transport: TransportName) {
  const accepted: End[] = [];
  const errors: Error[] = [];
  const listener = await listen(endpointOf({ transport, port: 0 }), {
    handshakeTimeout: 10_000,
    onStream: (stream) => accepted.push(new End(stream)),
    onError: (error) => errors.push(error),
  });
  t.after(() => listener.close());
  const signal = new AbortController().signal;
  const near = new End(await dial(listener.endpoint, { signal }));
  const far = await until(() => accepted[0], { what: 'the other end' });
  t.after(() => {
    for (const { stream } of [near, far]) stream.destroy();
  });
  return { near, far, listener, errors };
}

describe('a stream carries bytes', () => {
  overTransports((transport) => {
    it('in order, in both directions, in whatever pieces', async (t) => {
      expectNoLeaks(t);
      const { near, far } = await connected(t, transport);
      for (let i = 0; i < 100; i++) {
        near.stream.write(Buffer.from(`near ${i},`));
        far.stream.write(Buffer.from(`far ${i},`));
      }
      const all = (name: string) => Array.from({ length: 100 }, (_, i) => `${name} ${i},`).join('');
      await until(() => far.received.length === all('near').length && near.received.length === all('far').length, {
        what: 'all bytes',
      });
      assert.deepEqual([far.received.toString(), near.received.toString()], [all('near'), all('far')]);
      assert.equal(near.stream.pendingBytes, 0);
    });

    it('and says who is at its other end', async (t) => {
      const { near, far, listener } = await connected(t, transport);
      assert.match(near.stream.peer, new RegExp(`127\\.0\\.0\\.1:${listener.endpoint.port}$`));
      assert.match(far.stream.peer, /127\.0\.0\.1:\d+$/);
      assert.deepEqual([near.stream.address, far.stream.address], ['127.0.0.1', '127.0.0.1']);
    });

    it('asks for no more when its peer does not read, and for more when it has read on', async (t) => {
      expectNoLeaks(t);
      const { near, far } = await connected(t, transport);
      far.stream.pause();
      const piece = Buffer.alloc(256 * 1024, 1);
      let written = 0;
      for (let wantsMore = true; wantsMore && written < 1_000; written++) {
        wantsMore = near.stream.write(piece);
        await new Promise((resolve) => setImmediate(resolve));
      }
      assert.ok(written < 1_000, 'it says so before it holds 250 MB');
      await until(() => near.stream.pendingBytes > 0, { what: 'bytes to pile up' });
      assert.equal(near.drains, 0);
      far.stream.resume();
      await until(() => far.received.length === written * piece.length, { what: 'all bytes' });
      await until(() => near.drains > 0 && near.stream.pendingBytes === 0, { what: 'the drain' });
    });

    it('sends what was written before its end, and tells both ends once that it is over', async (t) => {
      expectNoLeaks(t);
      const { near, far } = await connected(t, transport);
      const bytes = Buffer.alloc(3_000_000, 7);
      near.stream.write(bytes);
      near.stream.end();
      await until(() => near.closes.length > 0 && far.closes.length > 0, { what: 'both ends' });
      assert.equal(far.received.equals(bytes), true);
      assert.deepEqual([near.closes, far.closes], [[undefined], [undefined]]);
      near.stream.destroy();
      near.stream.end();
      far.stream.destroy();
      await new Promise((resolve) => setImmediate(resolve));
      assert.deepEqual([near.closes.length, far.closes.length], [1, 1]);
    });

    it('tells both ends when one destroys it', async (t) => {
      expectNoLeaks(t);
      const { near, far } = await connected(t, transport);
      far.stream.destroy();
      await until(() => near.closes.length > 0 && far.closes.length > 0, { what: 'both ends' });
      assert.deepEqual([near.closes.length, far.closes.length], [1, 1]);
      near.stream.write(Buffer.from('too late'));
      await new Promise((resolve) => setImmediate(resolve));
    });

    it('does not come to be where nobody listens', async (t) => {
      expectNoLeaks(t);
      const port = await unusedPort(t);
      const refused = dial(endpointOf({ transport, port }), { signal: new AbortController().signal });
      assert.equal(((await failure(refused)) as Error & { code: string }).code, 'ECONNREFUSED');
    });

    it('does not come to be when it is given up', async (t) => {
      expectNoLeaks(t);
      const reason = new Error('given up');
      const gone = AbortSignal.abort(reason);
      assert.equal(await failure(dial(endpointOf({ transport, port: 9 }), { signal: gone })), reason);
      const abort = new AbortController();
      const slow = failure(dial(endpointOf({ transport, host: '192.0.2.1', port: 9 }), { signal: abort.signal }));
      abort.abort(reason);
      assert.equal(await slow, reason);
    });

    it('is taken by a listener until that is closed, and lives on after that', async (t) => {
      expectNoLeaks(t);
      const { near, far, listener } = await connected(t, transport);
      await listener.close();
      const { signal } = new AbortController();
      assert.equal(
        (
          (await failure(dial(listener.endpoint, { signal }))) as Error & {
            code: string;
          }
        ).code,
        'ECONNREFUSED',
      );
      near.stream.write(Buffer.from('still here'));
      await until(() => far.received.toString() === 'still here', { what: 'the bytes' });
      const again = await listen(listener.endpoint, IDLE);
      await again.close();
    });

    it('is no use on a port that is held', async (t) => {
      const { listener } = await connected(t, transport);
      const second = listen(listener.endpoint, IDLE);
      assert.equal(((await failure(second)) as Error & { code: string }).code, 'EADDRINUSE');
    });
  });
});

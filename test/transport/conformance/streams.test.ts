import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { describeEndpoint } from '../../../lib/endpoint.js';
import type { ByteStream, StreamHandler } from '../../../lib/transport/byte-stream.js';
import type { ListenOptions } from '../../../lib/transport/transport.js';
import { dial, listen } from '../../../lib/transport/transports.js';
import { failure } from '../../behaviour/support.js';
import { expectNoLeaks } from '../../support/leaks.js';
import { until } from '../../support/until.js';
import { everyTransport, type TransportUnderTest, unusedPlace } from './transports.js';

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

function listening(transport: TransportUnderTest, options: Partial<ListenOptions> = {}): ListenOptions {
  return { handshakeTimeout: 10_000, onStream() {}, onError() {}, ...transport.listening, ...options };
}

function dialing(transport: TransportUnderTest, signal = new AbortController().signal) {
  return { signal, ...transport.dialing };
}

async function connected(t: TestContext, transport: TransportUnderTest) {
  const accepted: End[] = [];
  const errors: Error[] = [];
  const options = listening(transport, {
    onStream: (stream) => accepted.push(new End(stream)),
    onError: (error) => errors.push(error),
  });
  const listener = await listen(transport.place(t), options);
  t.after(() => listener.close());
  const near = new End(await dial(listener.endpoint, dialing(transport)));
  const far = await until(() => accepted[0], { what: 'the other end' });
  t.after(() => {
    for (const { stream } of [near, far]) stream.destroy();
  });
  return { near, far, listener, errors, accepted };
}

async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  return ((await failure(promise)) as { code?: unknown }).code;
}

describe('a stream carries bytes', () => {
  everyTransport((transport) => {
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
      assert.equal(near.stream.peer, describeEndpoint(listener.endpoint));
      assert.match(far.stream.peer, transport.peer);
      assert.deepEqual([near.stream.address, far.stream.address], ['127.0.0.1', '127.0.0.1']);
    });

    it('and names each of its callers by another name', async (t) => {
      const { accepted, listener } = await connected(t, transport);
      const second = new End(await dial(listener.endpoint, dialing(transport)));
      t.after(() => second.stream.destroy());
      await until(() => accepted.length === 2, { what: 'the second caller' });
      assert.notEqual(accepted[0]?.stream.peer, accepted[1]?.stream.peer);
    });

    it('asks for no more when its peer does not read, and for more when it has read on', async (t) => {
      expectNoLeaks(t);
      const { near, far } = await connected(t, transport);
      far.stream.pause();
      const piece = Buffer.alloc(256 * 1024, 1);
      let written = 0;
      // A stream may write in a later phase of the loop. It is blocked where no drain follows.
      for (let wantsMore = true; wantsMore && written < 1_000; written++) {
        const { drains } = near;
        wantsMore = near.stream.write(piece);
        for (let turns = 0; turns < 50 && !wantsMore; turns++) {
          await new Promise((resolve) => setImmediate(resolve));
          wantsMore = near.drains > drains;
        }
      }
      assert.ok(written < 1_000, 'it says so before it holds 250 MB');
      await until(() => near.stream.pendingBytes > 0, { what: 'bytes to pile up' });
      const { drains } = near;
      far.stream.resume();
      await until(() => far.received.length === written * piece.length, { what: 'all bytes' });
      await until(() => near.drains > drains && near.stream.pendingBytes === 0, { what: 'the drain' });
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
      const refused = dial(await unusedPlace(t, transport), dialing(transport));
      assert.equal(await codeOf(refused), transport.refusedCode);
    });

    it('does not come to be when it is given up', async (t) => {
      expectNoLeaks(t);
      const reason = new Error('given up');
      const place = await unusedPlace(t, transport);
      assert.equal(await failure(dial(place, dialing(transport, AbortSignal.abort(reason)))), reason);
      if (transport.silent === undefined) return;
      const abort = new AbortController();
      const slow = failure(dial(transport.silent, dialing(transport, abort.signal)));
      abort.abort(reason);
      assert.equal(await slow, reason);
    });

    it('is taken by a listener until that is closed, and lives on after that', async (t) => {
      expectNoLeaks(t);
      const { near, far, listener } = await connected(t, transport);
      await listener.close();
      assert.equal(await codeOf(dial(listener.endpoint, dialing(transport))), transport.refusedCode);
      near.stream.write(Buffer.from('still here'));
      await until(() => far.received.toString() === 'still here', { what: 'the bytes' });
      const again = await listen(listener.endpoint, listening(transport));
      await again.close();
    });

    it('is no use on a port that is held', async (t) => {
      const { listener, near, far } = await connected(t, transport);
      assert.equal(await codeOf(listen(listener.endpoint, listening(transport))), 'EADDRINUSE');
      near.stream.write(Buffer.from('undisturbed'));
      await until(() => far.received.toString() === 'undisturbed', { what: 'the bytes' });
      const third = new End(await dial(listener.endpoint, dialing(transport)));
      third.stream.destroy();
    });

    it('is opened by many at once, each with an end of its own', async (t) => {
      expectNoLeaks(t);
      const { accepted, listener } = await connected(t, transport);
      const ends = await Promise.all(
        Array.from({ length: 200 }, async () => new End(await dial(listener.endpoint, dialing(transport)))),
      );
      t.after(() => {
        for (const { stream } of [...ends, ...accepted]) stream.destroy();
      });
      await until(() => accepted.length === 201, { what: 'all of them' });
      for (const [at, end] of ends.entries()) end.stream.write(Buffer.from(`${at};`));
      await until(() => accepted.slice(1).every(({ received }) => received.length > 0), { what: 'their bytes' });
      const heard = accepted.slice(1).map(({ received }) => received.toString());
      assert.deepEqual(heard.sort(), ends.map((_, at) => `${at};`).sort());
    });
  });
});

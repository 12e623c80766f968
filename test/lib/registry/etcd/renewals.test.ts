import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { GrpcStream, StreamHandlers } from '../../../../lib/registry/etcd/connection.js';
import { GrpcCode } from '../../../../lib/registry/etcd/grpc.js';
import { GrpcFailure } from '../../../../lib/registry/etcd/grpc-failure.js';
import { ProtoWriter } from '../../../../lib/registry/etcd/protobuf.js';
import { Renewals } from '../../../../lib/registry/etcd/renewals.js';

const LEASE = '00000000000000aa';

/** An answer to a keep-alive, with the fields of etcd's rpc.proto. Unit of `ttl`: s */
function answer(id: string, ttl: number): Buffer {
  return new ProtoWriter().hex(2, id).int(3, ttl).finish();
}

/** A connection whose streams are in the hands of the test. */
function connection() {
  const streams: (StreamHandlers & { written: number })[] = [];
  return {
    isOpen: true,
    streams,
    stream(_method: string, _token: string | undefined, handlers: StreamHandlers): GrpcStream {
      const stream = { ...handlers, written: 0 };
      streams.push(stream);
      const write = (): void => {
        stream.written += 1;
      };
      return { write, end: () => {} };
    },
  };
}

describe('renewals of leases', () => {
  it('do not take the late answer of an earlier renewal for their own', async () => {
    const fake = connection();
    const renewals = new Renewals(fake, () => undefined);
    await assert.rejects(renewals.renew(LEASE, 1), /no answer within 1 ms/);
    let isAnswered = false;
    const second = renewals.renew(LEASE, 60_000).then((isKnown) => {
      isAnswered = true;
      return isKnown;
    });
    const [stream] = fake.streams;
    stream?.onMessage(answer(LEASE, 5)); // to the first one, whose holder has given it up
    await new Promise(setImmediate);
    assert.equal(isAnswered, false);
    stream?.onMessage(answer(LEASE, 5));
    assert.equal(await second, true);
    assert.equal(stream?.written, 2);
  });

  it('go through one stream, and have the answers of their own leases', async () => {
    const fake = connection();
    const renewals = new Renewals(fake, () => undefined);
    const other = '00000000000000bb';
    const both = [renewals.renew(LEASE, 60_000), renewals.renew(other, 60_000)];
    assert.equal(fake.streams.length, 1);
    fake.streams[0]?.onMessage(answer(other, 0));
    fake.streams[0]?.onMessage(answer(LEASE, 5));
    assert.deepEqual(await Promise.all(both), [true, false]);
  });

  it('fail with their stream, and the next one opens another', async () => {
    const fake = connection();
    const renewals = new Renewals(fake, () => undefined);
    const first = renewals.renew(LEASE, 60_000);
    const lost = new GrpcFailure(GrpcCode.Unavailable, 'the stream has ended', 'unknown');
    fake.streams[0]?.onFailure(lost);
    await assert.rejects(first, lost);
    const second = renewals.renew(LEASE, 60_000);
    assert.equal(fake.streams.length, 2);
    fake.streams[1]?.onMessage(answer(LEASE, 5));
    assert.equal(await second, true);
  });
});

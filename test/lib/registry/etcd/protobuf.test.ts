import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { watchAnswer } from '../../../../lib/registry/etcd/answers.js';
import { ProtoReader, ProtoWriter } from '../../../../lib/registry/etcd/protobuf.js';
import { grantRequest, rangeRequest, txnRequest, watchRequest } from '../../../../lib/registry/etcd/requests.js';

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const hexOf = (buffer: Buffer): string => buffer.toString('hex');

describe('the codec of etcd', () => {
  it('writes the examples of the encoding guide of protobuf', () => {
    assert.equal(hexOf(new ProtoWriter().int(1, 150).finish()), '089601');
    assert.equal(hexOf(new ProtoWriter().text(2, 'testing').finish()), '120774657374696e67');
    assert.equal(hexOf(new ProtoWriter().message(3, new ProtoWriter().int(1, 150)).finish()), '1a03089601');
  });

  it('writes no field that has the default of its type, but the chosen one of several', () => {
    assert.equal(hexOf(new ProtoWriter().int(1, 0).text(2, '').bool(3, false).finish()), '');
    assert.equal(hexOf(new ProtoWriter().chosenInt(5, 0).finish()), '2800');
  });

  it('reads back integers and ids of any size', () => {
    for (const value of [
      0,
      1,
      127,
      128,
      2 ** 28,
      2 ** 31,
      2 ** 32 - 1,
      2 ** 32,
      2 ** 35 + 7,
      Number.MAX_SAFE_INTEGER,
    ]) {
      const reader = new ProtoReader(new ProtoWriter().chosenInt(1, value).finish());
      assert.deepEqual([reader.next(), reader.int(), reader.next()], [1, value, undefined]);
    }
    for (const id of [
      '0000000000000001',
      '7fffffffffffffff',
      '694d7a1f1c0f3e05',
      'ffffffffffffffff',
      '0000000080000000',
    ]) {
      const reader = new ProtoReader(new ProtoWriter().hex(2, id).finish());
      assert.deepEqual([reader.next(), reader.hex()], [2, id]);
    }
  });

  it('writes no number that is no safe integer from 0, and no id of another length', () => {
    for (const value of [-1, 0.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY]) {
      assert.throws(() => new ProtoWriter().int(1, value), RangeError, `${value}`);
      assert.throws(() => new ProtoWriter().chosenInt(1, value), RangeError, `${value}`);
    }
    for (const id of ['', '1', '694d7a1f1c0f3e0', '694d7a1f1c0f3e055', '694d7a1f1c0f3e0g', 'Infinity'])
      assert.throws(() => new ProtoWriter().hex(1, id), RangeError, id);
  });

  it('reads negative integers, as a time of -1 for a lease that is gone', () => {
    const reader = new ProtoReader(bytes('18 ff ff ff ff ff ff ff ff ff 01'));
    assert.deepEqual([reader.next(), reader.int()], [3, -1]);
  });

  it('passes over fields of later versions', () => {
    const unknown = bytes('a006 05  a906 0102030405060708  b206 02 ffff  bd06 01020304');
    const answer = Buffer.concat([unknown, bytes('18 01')]);
    assert.equal(watchAnswer(answer, '').created, true);
  });

  it('throws for a message that ends too early, and reads nothing past its end', () => {
    for (const broken of ['0a 05 61', '08 ff', '08 ffffffffffffffffffffff', '0b'])
      assert.throws(() => watchAnswer(bytes(broken), ''), RangeError, broken);
  });

  it('groups the events of a watch by their revisions', () => {
    const event = (key: string, revision: number, type = 0): ProtoWriter =>
      new ProtoWriter().int(1, type).message(2, new ProtoWriter().text(1, key).int(2, revision).int(3, revision));
    const writer = new ProtoWriter();
    for (const each of [event('/n/a', 5), event('/n/b', 5, 1), event('/n/a', 6)]) writer.message(11, each);
    const { changes } = watchAnswer(writer.finish(), '/n/');
    assert.deepEqual(
      changes.map(({ revision, events }) => [revision, events.map((each) => each.type)]),
      [
        [5, ['put', 'delete']],
        [6, ['put']],
      ],
    );
  });

  it('ends a range at the first key that does not begin with the prefix', () => {
    assert.equal(hexOf(rangeRequest('/a/')), hexOf(new ProtoWriter().text(1, '/a/').text(2, '/a0').finish()));
    assert.equal(
      hexOf(watchRequest('/a/', 7)),
      hexOf(new ProtoWriter().message(1, new ProtoWriter().text(1, '/a/').text(2, '/a0').int(3, 7)).finish()),
    );
  });

  it('compares a key that must not exist with the revision 0', () => {
    const compare = new ProtoWriter().int(2, 1).text(3, '/n/a').chosenInt(5, 0);
    assert.equal(
      hexOf(txnRequest('/n/', [{ key: 'a', created: 0 }], [], [])),
      hexOf(new ProtoWriter().message(1, compare).finish()),
    );
    assert.equal(hexOf(grantRequest(10)), '080a');
  });
});

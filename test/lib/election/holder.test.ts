import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeHolder } from '../../../lib/election/holder.js';
import { endpointOf, unixEndpoint } from '../../../lib/endpoint.js';
import { RpcCode, RpcError } from '../../../lib/errors.js';
import { RefusalCode } from '../../../lib/protocol/refusal.js';

const PORT = endpointOf({ port: 3333 });

describe('the holder of a port in words', () => {
  it('has its process, its package, and the channel that it leads', () => {
    const ours = { kind: 'ours', pid: 7, name: 'mailstation', version: '1.2.3' } as const;
    assert.equal(describeHolder(ours, 'a'), 'process 7 (mailstation 1.2.3), which leads "a" there');
    assert.equal(
      describeHolder({ ...ours, version: undefined }, 'a'),
      'process 7 (mailstation of an unknown version), which leads "a" there',
    );
    assert.equal(describeHolder({ ...ours, name: undefined }, 'a'), 'process 7, which leads "a" there');
  });

  it('is a Leader without a name where it is a stock one', () => {
    assert.equal(describeHolder({ kind: 'stock' }, 'a"b'), 'a cluster-client Leader, which leads "a\\"b" there');
  });

  it('says what went wrong where it leads something else, or nothing', () => {
    const error = new RpcError(RpcCode.Register, 'no answer in 1000 ms');
    assert.equal(
      describeHolder({ kind: 'stranger', error, endpoint: PORT }, 'a'),
      'a program that does not lead "a": no answer in 1000 ms; choose another port',
    );
    assert.equal(
      describeHolder({ kind: 'stranger', error, endpoint: PORT }, undefined),
      'another program: no answer in 1000 ms; choose another port',
    );
    assert.match(
      describeHolder({ kind: 'stranger', error, endpoint: unixEndpoint('/run/a.sock') }, 'a'),
      /; choose another path$/,
    );
    const why = 'no process leads the channel "a" on this port; process 8 (mailstation 1.2.3) holds the port';
    const cause = Object.assign(new Error(why), { code: RefusalCode.NoLeader });
    const refused = new RpcError(RpcCode.Register, `127.0.0.1:1 did not accept the registration: ${why}`, { cause });
    assert.equal(
      describeHolder({ kind: 'stranger', error: refused, endpoint: PORT }, 'a'),
      `another mailstation process: ${why}; choose another port`,
    );
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pomeloCode, RPC_ERROR } from '../../../lib/compat/pomelo-codes.js';
import { RpcCode } from '../../../lib/errors.js';

describe('pomeloCode', () => {
  const cases: readonly [RpcCode, number][] = [
    [RpcCode.NotStarted, 1],
    [RpcCode.NoServer, 2],
    [RpcCode.Route, 2],
    [RpcCode.Connect, 3],
    [RpcCode.ServerRemoved, 4],
    [RpcCode.Timeout, 5],
    [RpcCode.ConnectionLost, 5],
    [RpcCode.Filter, 6],
  ];
  for (const [code, number] of cases) it(`is ${number} for ${code}`, () => assert.equal(pomeloCode(code), number));

  it('has a number for every code', () => {
    const numbers: number[] = Object.values(RPC_ERROR);
    for (const code of Object.values(RpcCode)) assert.ok(numbers.includes(pomeloCode(code)), code);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { FailedCall } from '../../index.js';
import { until } from '../support/until.js';
import { call, failure, type Served, serve } from './support.js';

class NoMoney extends Error {
  readonly code = 'E_NO_MONEY';
}

const service = {
  breaks: function whereItBroke() {
    throw new Error('db is down');
  },
  refuses() {
    throw new NoMoney('balance is 3');
  },
  gathers() {
    throw new Error('no order', { cause: new NoMoney('balance is 3') });
  },
  unsendable: () => () => {},
  works: () => 1,
};

function failuresOf({ server }: Served): FailedCall[] {
  const failures: FailedCall[] = [];
  server.on('callFailed', (failed) => failures.push(failed));
  return failures;
}

describe('a server tells of each failed call', () => {
  it('an unexpected error of a method, with its stack, in the log', async (t) => {
    const served = await serve(t, service);
    const { calls } = await call(t, [served]);
    await failure(calls.breaks(null));
    const lines = served.log.filter((line) => line.includes('db is down'));
    assert.equal(lines.length, 1);
    assert.match(
      lines[0] ?? '',
      /user\.service\.breaks, called by 127\.0\.0\.1:\d+, failed: Error: db is down\n.*whereItBroke/,
    );
  });

  it('at most one line a second for each method, however many calls fail, and the next line counts the others', async (t) => {
    const served = await serve(t, service);
    const { calls } = await call(t, [served]);
    await Promise.all(Array.from({ length: 50 }, () => failure(calls.breaks(null))));
    await failure(calls.refuses(null));
    assert.equal(served.log.filter((line) => line.includes('db is down')).length, 1);
    assert.equal(served.log.filter((line) => line.includes('balance is 3')).length, 1);
    await until(() => served.log.some((line) => line.includes('(and 48 more like it, left out)')), {
      what: 'the count',
    });
  });

  it('no line for errors that are expected, by code or by a function, and an event all the same', async (t) => {
    const expected = [
      ['E_NO_MONEY'],
      (error: Error) => error instanceof NoMoney || error.cause instanceof NoMoney,
    ] as const;
    for (const expectedErrors of expected) {
      const served = await serve(t, service, { expectedErrors });
      const failures = failuresOf(served);
      const { calls } = await call(t, [served]);
      for (const method of ['refuses', 'gathers', 'breaks']) await failure(calls[method](null));
      assert.deepEqual(
        failures.map((failed) => [failed.method, failed.expected]),
        [
          ['user.service.refuses', true],
          ['user.service.gathers', true],
          ['user.service.breaks', false],
        ],
      );
      assert.equal(served.log.filter((line) => line.includes('balance is 3')).length, 0);
      assert.ok(failures[0]?.error instanceof NoMoney, 'the very error, with its stack');
      assert.match(failures[0]?.caller?.peer ?? '', /^127\.0\.0\.1:/);
    }
  });

  it('called back errors are expected by the same rule', async (t) => {
    const callsBack = (cb: (error: unknown) => void) => cb({ code: 'E_NO_MONEY', balance: 3 });
    const served = await serve(t, { callsBack }, { callbacks: true, expectedErrors: ['E_NO_MONEY'] });
    const failures = failuresOf(served);
    const { calls } = await call(t, [served]);
    await failure(calls.callsBack(null));
    assert.equal(failures[0]?.expected, true);
    assert.doesNotMatch(served.log.join(), /failed/);
  });

  it('also of one-way calls, which have no answer', async (t) => {
    const served = await serve(t, service);
    const failures = failuresOf(served);
    const { calls } = await call(t, [served]);
    await calls.breaks.oneway(null);
    await calls.nope.oneway(null);
    await until(() => failures.length === 2, { what: 'two events' });
    assert.deepEqual(
      failures.map((failed) => [failed.method, failed.code, failed.oneway]),
      [
        ['user.service.breaks', undefined, true],
        ['user.service.nope', 'ERR_RPC_NO_METHOD', true],
      ],
    );
    assert.match(served.log.join('\n'), /user\.service\.breaks, called by .* one-way, failed: Error: db is down/);
    assert.match(served.log.join('\n'), /dropped a one-way call of "user\.service\.nope"/);
  });

  it('and of results that cannot be sent, and of methods that do not exist', async (t) => {
    const served = await serve(t, service);
    const failures = failuresOf(served);
    const { calls } = await call(t, [served]);
    await failure(calls.unsendable(null));
    await failure(calls.nope(null));
    await calls.works(null);
    assert.deepEqual(
      failures.map((failed) => failed.code),
      ['ERR_RPC_ENCODE', 'ERR_RPC_NO_METHOD'],
    );
    assert.match(served.log.join('\n'), /refused a call of "user\.service\.nope"/);
  });

  it('without harm where expectedErrors fails', async (t) => {
    const served = await serve(t, service, {
      expectedErrors: () => {
        throw new Error('not today');
      },
    });
    const { calls } = await call(t, [served]);
    assert.equal(((await failure(calls.breaks(null))).cause as Error).message, 'db is down');
    assert.match(
      served.log.join('\n'),
      /expectedErrors failed for an error of user\.service\.breaks: Error: not today/,
    );
  });
});

describe('lines that a peer can cause', () => {
  it('are one a second, on one line and without control characters', async (t) => {
    const served = await serve(t, service);
    const { calls } = await call(t, [served]);
    await Promise.all(Array.from({ length: 30 }, (_, i) => failure(calls[`nope\u001b[2J\n${i}`](null))));
    await Promise.all(Array.from({ length: 30 }, () => failure(calls.unsendable(null))));
    assert.ok(served.log.length <= 4, served.log.join('\n'));
    assert.equal(served.log.join('').includes('\u001b'), false);
    for (const line of served.log) assert.doesNotMatch(line, /\n/);
  });
});

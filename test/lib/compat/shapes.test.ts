import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readPassed } from '../../../lib/compat/acceptor-arguments.js';
import { connectMailBox, sendByMailBox } from '../../../lib/compat/mailbox-forms.js';
import { idOfNumber, portOfDigits } from '../../../lib/compat/numbers.js';
import { addPinusCalls } from '../../../lib/compat/pinus-calls.js';

const msg = { namespace: 'user' };
const answer = () => {};

describe('readPassed', () => {
  const forms: [what: string, passed: unknown[], expected: object][] = [
    ['a tracer, a message and an answer', [{}, msg, answer], { msg, answer }],
    ['a tracer of null', [null, msg, answer], { msg, answer }],
    ['a message and an answer', [msg, answer], { msg, answer }],
    ['a tracer and a message', [{}, msg], { msg, answer: undefined }],
    ['a message alone', [msg], { msg, answer: undefined }],
    ['a message and no answer', [msg, null], { msg, answer: undefined }],
  ];
  for (const [what, passed, expected] of forms) {
    it(`reads ${what}`, () => assert.deepEqual(readPassed(passed), expected));
  }

  it('takes an Error alone for a failure of the acceptor', () => {
    const failed = new Error('listen');
    assert.equal(readPassed([failed]), failed);
  });
});

describe('a mailbox', () => {
  const told: unknown[] = [];
  const callback = (error: unknown, results: readonly unknown[]) => told.push(error, results);

  it('with the tracer is given null for it, and answers with a list', () => {
    const mailbox = {
      connect: (tracer: null, done: () => void) => {
        told.push(tracer);
        done();
      },
      send: (tracer: null, _msg: unknown, _opts: unknown, done: (...given: never[]) => void) =>
        (done as (...given: unknown[]) => void)(tracer, null, [null, 1, 2]),
    };
    told.length = 0;
    connectMailBox(mailbox, () => told.push('connected'));
    sendByMailBox(mailbox, msg, {}, callback);
    assert.deepEqual(told, [null, 'connected', null, [1, 2]]);
  });

  it('without the tracer answers with arguments', () => {
    const mailbox = {
      connect: (done: () => void) => done(),
      send: (_msg: unknown, _opts: unknown, done: (error?: unknown, ...results: unknown[]) => void) => done(null, 1, 2),
    };
    told.length = 0;
    connectMailBox(mailbox, () => told.push('connected'));
    sendByMailBox(mailbox, msg, {}, callback);
    assert.deepEqual(told, ['connected', null, [1, 2]]);
  });
});

describe('numbers of pomelo', () => {
  it('are ports as text and ids as numbers; other values stay as they are', () => {
    assert.deepEqual(
      [portOfDigits('3333'), portOfDigits('33a'), portOfDigits(''), portOfDigits(7)],
      [3333, '33a', '', 7],
    );
    assert.deepEqual([idOfNumber(7), idOfNumber('a'), idOfNumber(undefined)], ['7', 'a', undefined]);
    assert.ok(Number.isNaN(idOfNumber(Number.NaN)));
  });
});

describe('addPinusCalls', () => {
  it('adds forms that make calls in the ways they stand for, one-way with notify', () => {
    const told: unknown[] = [];
    const way = (name: string) => (method: string, first: unknown, args: unknown[], options: string) =>
      told.push([name, method, first, args, options]);
    const caller = {
      ...{ routed: way('routed'), oneway: way('oneway') },
      ...{ toServer: way('toServer'), onewayToServer: way('onewayToServer') },
    };
    const own = { broadcast: 'kept' };
    const forms = addPinusCalls(own, caller, 'm', 'options');
    assert.equal(forms, own);
    forms.to('s1')(1);
    forms.to('s1', true)(2);
    forms.route('key')(3);
    forms.route('key', true)(4);
    forms.defaultRoute(5);
    assert.deepEqual(told, [
      ['toServer', 'm', 's1', [1], 'options'],
      ['onewayToServer', 'm', 's1', [2], 'options'],
      ['routed', 'm', 'key', [3], 'options'],
      ['oneway', 'm', 'key', [4], 'options'],
      ['routed', 'm', undefined, [5], 'options'],
    ]);
  });
});

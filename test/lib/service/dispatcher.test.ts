import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { Logger } from '../../../lib/diagnostics.js';
import { RpcCode, type RpcError } from '../../../lib/errors.js';
import { type AnswerSink, dispatch } from '../../../lib/service/dispatcher.js';
import { ServiceRegistry } from '../../../lib/service/service-registry.js';

type Callback = (error?: unknown, ...results: unknown[]) => void;
type Answer = { results: readonly unknown[] } | { error: Error };

/** An argument that no log line and no answer may repeat. */
const SECRET = 'the secret argument';

interface Run {
  /** In the order in which they were given: one, or the dispatcher is broken. */
  readonly answers: Answer[];
  readonly log: string[];
  /** How many answers there were when dispatch returned. */
  readonly atOnce: number;
}

/** Dispatches one call of `fn`, as a registry serves it, and waits until all that it started has ended. */
async function run(
  fn: unknown,
  options: { callbacks?: boolean; args?: unknown[]; sink?: Partial<AnswerSink> } = {},
): Promise<Run> {
  const registry = new ServiceRegistry();
  registry.add('user', [{ name: 'm', instance: { fn }, file: 'm.js' }], { callbacks: options.callbacks ?? false });
  const method = registry.lookup('user.m.fn') ?? assert.fail('it is not callable');
  const answers: Answer[] = [];
  const sink: AnswerSink = {
    succeed(results) {
      answers.push({ results });
      options.sink?.succeed?.(results);
    },
    fail(error) {
      answers.push({ error });
      options.sink?.fail?.(error);
    },
    refuse: () => assert.fail('a method without checks refuses nothing'),
  };
  const log: string[] = [];
  const write = (message: string) => void log.push(message);
  const logger: Logger = { info: write, warn: write, error: write };
  dispatch(method, options.args ?? [SECRET], sink, logger);
  const atOnce = answers.length;
  for (let i = 0; i < 3; i++) await turn();
  for (const line of log) {
    assert.match(line, /^mailstation: (?:the (?:result|error) of )?user\.m\.fn /);
    assert.ok(!line.includes(SECRET), line);
  }
  return { answers, log, atOnce };
}

/** Settles on both sides of the callback that it is given, or never. */
function thenable(...steps: ((resolve: (value: unknown) => void, reject: (reason: unknown) => void) => void)[]) {
  return {
    // biome-ignore lint/suspicious/noThenProperty: what is tested
    then(resolve: (value: unknown) => void, reject: (reason: unknown) => void) {
      for (const step of steps) step(resolve, reject);
    },
  };
}

const throwingThen = {
  // biome-ignore lint/suspicious/noThenProperty: what is tested
  get then() {
    throw new Error('then cannot be read');
  },
};

// biome-ignore lint/suspicious/noThenProperty: what is tested
const unthenable = { then: 5 };

const boom = new Error('boom');
const throws = (thrown: unknown) => () => {
  throw thrown;
};

/** The error of the one answer. */
function errorOf(answers: readonly Answer[]): Error {
  const [answer] = answers;
  assert.equal(answers.length, 1);
  return answer && 'error' in answer ? answer.error : assert.fail('it succeeded');
}

interface Case {
  readonly name: string;
  readonly fn: unknown;
  /** The results, or the message of the error. */
  readonly gives: unknown[] | string;
  /** The lines of the log, in order. */
  readonly logs?: RegExp[];
  /** The answer waits for a promise or a later callback. */
  readonly later?: boolean;
}

function table(cases: readonly Case[], callbacks: boolean): void {
  for (const { name, fn, gives, logs = [], later = false } of cases) {
    it(name, async () => {
      const { answers, log, atOnce } = await run(fn, { callbacks });
      assert.equal(answers.length, 1, 'exactly one answer');
      if (typeof gives === 'string') assert.equal(errorOf(answers).message, gives);
      else assert.deepEqual(answers, [{ results: gives }]);
      assert.equal(atOnce, later ? 0 : 1);
      assert.equal(log.length, logs.length, log.join('\n'));
      logs.forEach((line, i) => void assert.match(log[i] ?? '', line));
    });
  }
}

describe('dispatch without callbacks', () => {
  table(
    [
      { name: 'answers with what is returned', fn: () => 3, gives: [3] },
      { name: 'answers without a result where nothing is returned', fn: () => {}, gives: [] },
      { name: 'answers with null where that is returned', fn: () => null, gives: [null] },
      { name: 'answers with an array as one result', fn: () => [1, 2], gives: [[1, 2]] },
      { name: 'answers with an error that is returned and not thrown', fn: () => boom, gives: [boom] },
      { name: 'answers with what a promise resolves to', fn: async () => 3, gives: [3], later: true },
      { name: 'answers without a result where a promise has none', fn: async () => {}, gives: [], later: true },
      {
        name: 'answers with what a thenable resolves to',
        fn: () => thenable((resolve) => resolve(3)),
        gives: [3],
        later: true,
      },
      {
        name: 'answers with what a function with a then resolves to',
        fn: () =>
          Object.assign(
            () => {},
            thenable((resolve) => resolve(3)),
          ),
        gives: [3],
        later: true,
      },
      { name: 'answers with an object whose then is no function', fn: () => unthenable, gives: [unthenable] },
      {
        name: 'answers with what a promise of a promise resolves to',
        fn: () => thenable((resolve) => resolve(Promise.resolve(3))),
        gives: [3],
        later: true,
      },
      { name: 'fails with what is thrown', fn: throws(boom), gives: 'boom' },
      { name: 'fails with what a promise rejects with', fn: () => Promise.reject(boom), gives: 'boom', later: true },
      {
        name: 'takes the first of what a thenable says',
        fn: () =>
          thenable(
            (resolve) => resolve(1),
            (_, reject) => reject(boom),
            (resolve) => resolve(2),
          ),
        gives: [1],
        later: true,
      },
      {
        name: 'takes the first of what a thenable says and throws',
        fn: () => thenable((resolve) => resolve(1), throws(boom)),
        gives: [1],
        later: true,
      },
      { name: 'fails with what a thenable throws', fn: () => thenable(throws(boom)), gives: 'boom', later: true },
      {
        name: 'fails with what reading a then throws, and logs it',
        fn: () => throwingThen,
        gives: 'then cannot be read',
        logs: [/"then"/],
      },
      {
        name: 'fails with a thrown string, and logs that it was one',
        fn: throws('no room'),
        gives: 'no room',
        logs: [/with a string instead of an Error/],
      },
      {
        name: 'fails with a thrown undefined',
        fn: throws(undefined),
        gives: 'failed with undefined',
        logs: [/with undefined/],
      },
      {
        name: 'fails with a rejected undefined',
        fn: () => Promise.reject(),
        gives: 'failed with undefined',
        logs: [/with undefined/],
        later: true,
      },
      {
        name: 'fails with a rejected null',
        fn: () => Promise.reject(null),
        gives: 'failed with null',
        logs: [/with null/],
        later: true,
      },
      {
        name: 'fails with a rejected object, without logging what is in it',
        fn: (secret: string) => Promise.reject({ code: 5, secret }),
        gives: 'failed with an object that is not an Error',
        logs: [/with an object/],
        later: true,
      },
      {
        name: 'fails with a rejected Proxy that was revoked',
        fn: () => {
          const { proxy, revoke } = Proxy.revocable({}, {});
          revoke();
          return Promise.reject(proxy);
        },
        gives: 'failed with an object that is not an Error',
        logs: [/with an object/],
        later: true,
      },
      { name: 'appends nothing', fn: (...args: unknown[]) => args.length, gives: [1] },
    ],
    false,
  );

  it('keeps the code of an object that is thrown', async () => {
    const { answers } = await run(throws({ code: 500, message: 'busy' }));
    assert.equal((errorOf(answers) as Error & { code?: unknown }).code, 500);
  });

  for (const [how, fn] of [
    ['throws', (_text: string, k: Callback) => k()],
    ['rejects', (_text: string, k: Callback) => Promise.resolve().then(() => k())],
  ] as const) {
    it(`names the option where a method ${how} because its callback is missing`, async () => {
      const { answers, log } = await run(fn);
      const error = errorOf(answers);
      assert.equal((error as RpcError).code, RpcCode.NeedsCallback);
      assert.match(String(error.cause), /TypeError: k is not a function/);
      assert.deepEqual(log, []);
    });
  }
});

describe('dispatch with callbacks', () => {
  table(
    [
      {
        name: 'answers with all the results of the callback',
        fn: (_: string, cb: Callback) => cb(null, 1, 'two', undefined),
        gives: [1, 'two', undefined],
      },
      { name: 'answers without results', fn: (_: string, cb: Callback) => cb(), gives: [] },
      { name: 'fails with the error of the callback', fn: (_: string, cb: Callback) => cb(boom, 1), gives: 'boom' },
      {
        name: 'fails with an error that is a string, which is no mistake in a callback',
        fn: (_: string, cb: Callback) => cb('no room'),
        gives: 'no room',
      },
      { name: 'answers where the error is falsy', fn: (_: string, cb: Callback) => cb(0, 1), gives: [1] },
      {
        name: 'answers when the callback is called, however late',
        fn: (_: string, cb: Callback) => void setImmediate(cb, null, 1),
        gives: [1],
        later: true,
      },
      {
        name: 'does not take another returned value for an answer',
        fn: (_: string, cb: Callback) => setImmediate(cb, null, 1),
        gives: [1],
        later: true,
      },
      { name: 'answers with what a promise resolves to', fn: () => Promise.resolve(3), gives: [3], later: true },
      {
        name: 'answers with what a thenable resolves to',
        fn: () => thenable((resolve) => resolve(3)),
        gives: [3],
        later: true,
      },
      { name: 'fails with what a promise rejects with', fn: () => Promise.reject(boom), gives: 'boom', later: true },
      {
        name: 'fails with a rejected undefined',
        fn: () => Promise.reject(),
        gives: 'failed with undefined',
        logs: [/with undefined/],
        later: true,
      },
      { name: 'fails with what is thrown', fn: throws(boom), gives: 'boom' },
      {
        name: 'fails with what reading a then throws, and logs it',
        fn: () => throwingThen,
        gives: 'then cannot be read',
        logs: [/"then"/],
      },
      {
        name: 'hands no callback to an async function',
        fn: async (...args: unknown[]) => args.length,
        gives: [1],
        later: true,
      },
      {
        name: 'does not call a missing callback by the name of the option',
        fn: (_: string, __: Callback, more: Callback) => more(),
        gives: 'more is not a function',
      },
      // The first answer stands.
      {
        name: 'takes the first of two callbacks',
        fn: (_: string, cb: Callback) => {
          cb(null, 1);
          cb(null, 2);
        },
        gives: [1],
        logs: [/called its callback after it had answered/],
      },
      {
        name: 'takes a callback before one with an error, which is logged',
        fn: (_: string, cb: Callback) => {
          cb(null, 1);
          cb(boom);
        },
        gives: [1],
        logs: [/callback.*Error: boom/s],
      },
      {
        name: 'takes a callback before one with a string, which is not logged',
        fn: (text: string, cb: Callback) => {
          cb(null, 1);
          cb(text);
        },
        gives: [1],
        logs: [/callback.*\(with a string\)/],
      },
      {
        name: 'takes a callback before what is thrown, which is logged',
        fn: (_: string, cb: Callback) => {
          cb(null, 1);
          throw boom;
        },
        gives: [1],
        logs: [/failed after it had answered.*Error: boom/s],
      },
      {
        name: 'takes what is thrown before a callback',
        fn: (_: string, cb: Callback) => {
          setImmediate(cb, null, 1);
          throw boom;
        },
        gives: 'boom',
        logs: [/called its callback/],
      },
      {
        name: 'takes a callback before a rejection, which is logged',
        fn: (_: string, cb: Callback) => {
          cb(null, 1);
          return Promise.reject(boom);
        },
        gives: [1],
        logs: [/failed after.*Error: boom/s],
      },
      {
        name: 'takes a callback before a rejection without an error',
        fn: (_: string, cb: Callback) => {
          cb(null, 1);
          return Promise.reject();
        },
        gives: [1],
        logs: [/failed after/],
      },
      {
        name: 'takes a callback before a promise, and finds nothing wrong with both',
        fn: (_: string, cb: Callback) => Promise.resolve(1).then((n) => cb(null, n)),
        gives: [1],
        later: true,
      },
      {
        name: 'takes a promise before a callback',
        fn: (_: string, cb: Callback) => {
          setImmediate(cb, null, 1);
          return Promise.resolve(2);
        },
        gives: [2],
        logs: [/called its callback/],
        later: true,
      },
      {
        name: 'takes a rejection before a callback',
        fn: (_: string, cb: Callback) => {
          setImmediate(cb, null, 1);
          return Promise.reject(boom);
        },
        gives: 'boom',
        logs: [/called its callback/],
        later: true,
      },
      {
        name: 'takes a callback before a then that throws',
        fn: (_: string, cb: Callback) => {
          cb(null, 1);
          return throwingThen;
        },
        gives: [1],
        logs: [/"then"/, /failed after.*then cannot be read/s],
      },
    ],
    true,
  );

  for (const args of [[], [1], [undefined, undefined]]) {
    it(`appends the callback after exactly the ${args.length} arguments that were sent`, async () => {
      const { answers } = await run((...got: unknown[]) => (got.at(-1) as Callback)(null, got.slice(0, -1)), {
        callbacks: true,
        args: [...args],
      });
      assert.deepEqual(answers, [{ results: [args] }]);
    });
  }

  it('leaves the call open where neither a callback nor a promise comes', async () => {
    assert.deepEqual((await run((_: string, _callback: Callback) => 3, { callbacks: true })).answers, []);
  });
});

describe('dispatch', () => {
  for (const callbacks of [false, true]) {
    it(`calls on the service itself, callbacks: ${callbacks}`, async () => {
      const self = await run(
        function (this: unknown, ...args: unknown[]) {
          if (callbacks) (args.at(-1) as Callback)(null, this);
          return this;
        },
        { callbacks },
      );
      assert.equal(self.answers.length, 1);
      const [answer] = self.answers;
      assert.ok(answer && 'results' in answer, 'it failed');
      assert.deepEqual(Object.keys(answer.results[0] as object), ['fn']);
    });
  }

  it('calls a function that has an apply of its own', async () => {
    const fn = Object.assign(() => 3, { apply: () => assert.fail('the wrong apply') });
    assert.deepEqual((await run(fn)).answers, [{ results: [3] }]);
  });

  it('keeps the async context of its caller', async () => {
    const storage = new AsyncLocalStorage<string>();
    const { answers } = await storage.run('this call', () => run(async () => storage.getStore()));
    assert.deepEqual(answers, [{ results: ['this call'] }]);
  });

  const sink: AnswerSink = {
    succeed: throws(new Error('sink')),
    fail: throws(new Error('sink')),
    refuse: throws(new Error('sink')),
  };
  const ways: Record<string, { fn: unknown; callbacks: boolean }> = {
    'a returned value': { fn: () => 1, callbacks: false },
    'a thrown error': { fn: throws(boom), callbacks: false },
    'a promise': { fn: async () => 1, callbacks: false },
    'a rejection': { fn: () => Promise.reject(boom), callbacks: false },
    'a callback': { fn: (_: string, cb: Callback) => cb(null, 1), callbacks: true },
    'a callback with an error': { fn: (_: string, cb: Callback) => cb(boom), callbacks: true },
    'a promise beside a callback': { fn: () => Promise.resolve(1), callbacks: true },
  };
  for (const [name, { fn, callbacks }] of Object.entries(ways)) {
    it(`logs what a sink throws at ${name}, and does not answer again`, async () => {
      // An exception that escaped would fail this test: from dispatch, or as an unhandled rejection.
      const { answers, log } = await run(fn, { callbacks, sink });
      assert.equal(answers.length, 1);
      assert.equal(log.length, 1);
      assert.match(log[0] ?? '', /could not be answered.*Error: sink/s);
    });
  }
});

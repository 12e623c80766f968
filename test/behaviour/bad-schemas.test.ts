import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import * as v from 'valibot';
import { checked } from '../../lib/service/checked.js';
import { until } from '../support/until.js';
import { call, failure, serve } from './support.js';

const SECRET = 'hunter2';

/** A schema that validates by this function. */
function schema(validate: (value: unknown) => unknown): StandardSchemaV1 {
  return { '~standard': { version: 1, vendor: 'test', validate: validate as never } };
}

function thrower(): never {
  throw new Error(`cannot check ${SECRET}`);
}

/** Schemas that fail, or that answer something else than a Standard Schema does. */
const BROKEN: Readonly<Record<string, (value: unknown) => unknown>> = {
  'throws an error': thrower,
  'throws a value': () => {
    throw SECRET;
  },
  rejects: async () => thrower(),
  'answers nothing': () => undefined,
  'answers a text': () => SECRET,
  'answers an empty object': () => ({}),
  'answers issues that are no list': () => ({ issues: 'many' }),
  'answers issues that are null': () => ({ issues: null }),
  'answers issues that are texts': () => ({ issues: [SECRET] }),
  'answers a path that is no list': () => ({ issues: [{ message: 'no', path: 'a.b' }] }),
  'answers a key that has no text': () => ({ issues: [{ message: 'no', path: [{ key: Object.create(null) }] }] }),
  'answers with a getter that throws': () => ({
    get issues() {
      return thrower();
    },
  }),
  'answers with a then that throws': () => ({
    // biome-ignore lint/suspicious/noThenProperty: what is tested
    get then() {
      return thrower();
    },
  }),
  'resolves to nothing': async () => undefined,
};

describe('a schema for an argument that', () => {
  for (const [what, validate] of Object.entries(BROKEN)) {
    it(`${what} fails the call, and only the log of the server says why`, async (t) => {
      const ran: string[] = [];
      const service = { add: checked({ args: [schema(validate)] }, () => ran.push('add')) };
      const served = await serve(t, service, { exposeStack: true });
      const { calls } = await call(t, [served]);
      const error = await failure(calls.add(null, 1));
      assert.deepEqual([error.code, error.delivery, error.issues, ran], ['ERR_RPC_REMOTE', 'answered', undefined, []]);
      const { cause } = error as { cause: Error };
      assert.match(
        cause.message,
        /^the server could not check the arguments, and did not start the method; the log of /,
      );
      assert.equal(cause.cause, undefined);
      assert.doesNotMatch(`${JSON.stringify(error)}${cause.stack}`, new RegExp(SECRET));
      assert.match(served.log.join('\n'), /user\.service\.add could not be checked: the schema at position 0 failed/);
    });

    it(`${what} is no other fault as the schema of a result`, async (t) => {
      const service = { add: checked({ args: [], returns: schema(validate) }, () => 'a value') };
      const served = await serve(t, service);
      const { calls } = await call(t, [served]);
      const error = await failure(calls.add(null));
      assert.deepEqual([error.code, error.delivery], ['ERR_RPC_REMOTE', 'answered']);
      assert.match((error.cause as Error).message, /^the method has run, and its result does not fit the schema/);
      assert.doesNotMatch(JSON.stringify(error), new RegExp(SECRET));
      assert.match(served.log.join('\n'), /the result of user\.service\.add could not be checked/);
    });
  }

  it('hangs costs one call its deadline, and no other call', async (t) => {
    const never = schema(() => new Promise(() => {}));
    const service = { wait: checked({ args: [never] }, () => 'started'), add: (a: number) => a + 1 };
    const { calls } = await call(t, [await serve(t, service)]);
    const late = failure(calls.wait.with({ timeout: 100 })(null, 1));
    assert.equal(await calls.add(null, 1), 2);
    assert.equal((await late).code, 'ERR_RPC_TIMEOUT');
    assert.equal(await calls.add(null, 2), 3);
  });

  it('fails beside another that rejects leaves no rejection behind', async (t) => {
    const rejects = schema(async () => thrower());
    const service = { add: checked({ args: [rejects, schema(thrower), rejects] }, () => {}) };
    const { calls } = await call(t, [await serve(t, service)]);
    assert.equal((await failure(calls.add(null, 1, 2, 3))).code, 'ERR_RPC_REMOTE');
  });

  it('answers no issue in a list of issues refuses the argument all the same', async (t) => {
    const service = { add: checked({ args: [schema(() => ({ issues: [], value: 1 }))] }, () => {}) };
    const { calls } = await call(t, [await serve(t, service)]);
    const error = await failure(calls.add(null, 1));
    assert.deepEqual(error.issues, [{ path: [0], message: 'the value does not fit the schema' }]);
  });

  it('makes something else of the whole list than a list fails the call', async (t) => {
    const service = {
      add: checked({ args: schema(() => ({ value: 'no list' })) as StandardSchemaV1<[number]> }, () => {}),
    };
    const { calls } = await call(t, [await serve(t, service)]);
    assert.equal((await failure(calls.add(null, 1))).code, 'ERR_RPC_REMOTE');
  });
});

describe('the issues of a call', () => {
  it('are bounded in number and size, whatever a schema answers', async (t) => {
    const long = 'ä'.repeat(100_000);
    const issue = { message: long, path: Array.from({ length: 1_000 }, () => ({ key: long, input: SECRET })) };
    const symbol = { message: 7, path: [Symbol('s'), Number.NaN, '\ud800'] };
    const service = {
      many: checked(
        { args: [schema(() => ({ issues: Array.from({ length: 100_000 }, () => ({ message: 'no' })) }))] },
        () => {},
      ),
      long: checked({ args: [schema(() => ({ issues: [issue, issue, issue, issue, issue, issue] }))] }, () => {}),
      odd: checked({ args: [schema(() => ({ issues: [symbol] }))] }, () => {}),
    };
    const { calls } = await call(t, [await serve(t, service)]);
    const many = await failure(calls.many(null, 1));
    assert.equal(many.issues?.length, 32);
    assert.match(many.message, /\(and 99997 more\)$/);
    const large = await failure(calls.long(null, 1));
    assert.ok(JSON.stringify(large.issues).length < 10_000);
    assert.deepEqual(large.issues?.[0]?.path.length, 16);
    assert.ok(large.message.length < 5_000, String(large.message.length));
    assert.doesNotMatch(JSON.stringify(large), new RegExp(SECRET));
    const odd = await failure(calls.odd(null, 1));
    assert.deepEqual(odd.issues, [
      { path: [0, 'Symbol(s)', 'NaN', '\ufffd'], message: 'the value does not fit the schema' },
    ]);
  });
});

describe('a result that does not fit', () => {
  it('is in the log and the event of the server, and the caller learns nothing of it', async (t) => {
    const list = checked({ args: [], returns: v.object({ name: v.number() }) }, () => ({ name: SECRET }) as never);
    const served = await serve(t, { list }, { exposeStack: true });
    const failed: Error[] = [];
    served.server.on('callFailed', ({ error }) => failed.push(error));
    const { calls } = await call(t, [served]);
    const error = await failure(calls.list(null));
    assert.equal(error.code, 'ERR_RPC_REMOTE');
    const told = JSON.stringify(error) + (error.cause as Error).stack;
    assert.doesNotMatch(told, new RegExp(`${SECRET}|\\.name|Expected`));
    await until(() => failed.length === 1, { what: 'the report' });
    assert.match(failed[0]?.message ?? '', /^the result of user\.service\.list does not fit its schema: \[0\]\.name: /);
    assert.match(served.log.join('\n'), /does not fit its schema/);
  });
});

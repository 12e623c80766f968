import assert from 'node:assert/strict';
import { join, resolve } from 'node:path';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../architecture/house.js';

interface TestEvent {
  readonly type: string;
  readonly data: {
    readonly name: string;
    readonly nesting: number;
    readonly file: string;
    readonly message?: string;
    readonly details?: { readonly error: TestError };
  };
}

interface TestError {
  readonly failureType?: string;
  readonly message?: string;
  readonly cause?: { readonly message?: string };
}

type Reporter = (events: AsyncIterable<TestEvent>) => AsyncGenerator<string>;

const script = pathToFileURL(join(ROOT, 'scripts/test-failures-reporter.mjs')).href;
const { default: testFailures } = (await import(script)) as { default: Reporter };

const file = resolve('dist-test/test/station/outbox.test.js');

function start(name: string, nesting: number): TestEvent {
  return { type: 'test:start', data: { name, nesting, file } };
}

function failed(name: string, nesting: number, error: TestError): TestEvent {
  return { type: 'test:fail', data: { name, nesting, file, details: { error } } };
}

async function linesFor(...events: readonly TestEvent[]): Promise<string[]> {
  const lines: string[] = [];
  const source = (async function* () {
    yield* events;
  })();
  for await (const line of testFailures(source)) lines.push(line);
  return lines;
}

describe('the list of failed tests', () => {
  test('has the file, the suites, the name and the first line of the error', async () => {
    const error = { failureType: 'testCodeFailure', message: 'wrapped', cause: { message: '1 !== 2\n  + actual' } };
    assert.deepEqual(await linesFor(start('the outbox', 0), start('keeps order', 1), failed('keeps order', 1, error)), [
      'test/station/outbox.test.js: the outbox > keeps order: 1 !== 2\n',
    ]);
  });

  test('has no line for a suite that failed only because a test in it failed', async () => {
    const inner = { failureType: 'subtestsFailed', message: '1 subtest failed' };
    assert.deepEqual(await linesFor(start('the outbox', 0), failed('the outbox', 0, inner)), []);
  });

  test('has a line for a file that was cut off at its time limit', async () => {
    const cutOff = { failureType: 'testTimeoutFailure', message: 'test timed out after 300000ms' };
    assert.deepEqual(await linesFor(start(file, 0), failed(file, 0, cutOff)), [
      'test/station/outbox.test.js: test timed out after 300000ms\n',
    ]);
  });

  test('has what a file wrote last to its standard error, where no test of the file failed', async () => {
    const wrote = (message: string): TestEvent => ({
      type: 'test:stderr',
      data: { name: '', nesting: 0, file, message },
    });
    const events = [
      start(file, 0),
      wrote(`${'a long line '.repeat(100)}\n`),
      wrote('kept alive by: Timeout\n  at f\n'),
    ];
    const [line = ''] = await linesFor(
      ...events,
      failed(file, 0, { failureType: 'testCodeFailure', message: 'test failed' }),
    );
    assert.match(
      line,
      /^test\/station\/outbox\.test\.js: test failed: .*a long line \| kept alive by: Timeout \| at f\n$/,
    );
    assert.ok(line.length < 600);
  });

  test('has a line at once, not at the end of the run', async () => {
    let isOver = false;
    const source = (async function* () {
      yield failed('early', 0, { message: 'no' });
      await new Promise(() => {});
      isOver = true;
    })();
    const { value } = await testFailures(source).next();
    assert.equal(value, 'test/station/outbox.test.js: early: no\n');
    assert.equal(isOver, false);
  });

  test('does not list tests that passed', async () => {
    assert.deepEqual(await linesFor({ type: 'test:pass', data: { name: 'fine', nesting: 0, file } }), []);
  });
});

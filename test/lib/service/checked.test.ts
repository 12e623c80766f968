import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type } from 'arktype';
import * as v from 'valibot';
import { z } from 'zod';
import { RpcError } from '../../../lib/errors.js';
import { checked } from '../../../lib/service/checked.js';
import { methodNames } from '../../../lib/service/methods.js';
import { modulesOf } from '../../../lib/service/remote-module.js';
import { whyUncallable } from '../../../lib/service/uncallable.js';

// biome-ignore lint/suspicious/noExplicitAny: wrong shapes, which the types refuse
const loose = checked as any;

function join(room: string): string {
  return room;
}

const A_SCHEMA = 'a schema of a library that implements Standard Schema version 1';

const WRONG: readonly [what: string, make: () => unknown, text: string][] = [
  [
    'no options',
    () => loose(undefined, join),
    'checked() of join: the options must be an object with args, got undefined',
  ],
  [
    'a schema for options',
    () => loose(z.string(), join),
    'checked() of join: the options must be an object with args, got',
  ],
  [
    'no args',
    () => loose({}, join),
    'checked() of join: args is missing: give a list of schemas, one for each argument',
  ],
  [
    'an object of schemas',
    () => loose({ args: { a: z.string() } }, join),
    `checked() of join: args must be ${A_SCHEMA}, or a list`,
  ],
  [
    'a list with a hole',
    () => loose({ args: new Array(1) }, join),
    `checked() of join: args[0] must be ${A_SCHEMA}, got undefined`,
  ],
  [
    'a text for a schema',
    () => loose({ args: [z.string(), 'x'] }, join),
    `checked() of join: args[1] must be ${A_SCHEMA}, got "x"`,
  ],
  [
    'a schema of another version',
    () => loose({ args: [{ '~standard': { version: 2, validate: () => {} } }] }, join),
    `checked() of join: args[0] must be ${A_SCHEMA}, got {`,
  ],
  [
    'a wrong result',
    () => loose({ args: [], returns: 7 }, join),
    `checked() of join: returns must be ${A_SCHEMA}, or a list`,
  ],
  [
    'a mistyped name',
    () => loose({ args: [], return: z.any() }, join),
    'checked() of join: there is no option "return" (did you mean returns?)',
  ],
  ['no method', () => loose({ args: [] }), 'checked(options, method): the method must be a function, got undefined'],
  [
    'a class',
    () => loose({ args: [] }, class Rooms {}),
    'checked(options, method): Rooms is a class; check its methods one by one',
  ],
  [
    'a schema for a method',
    () => loose({ args: [] }, type('string')),
    'checked(options, method): the method is a schema; give schemas in args',
  ],
  [
    'checks twice',
    () => loose({ args: [] }, checked({ args: [z.string()] }, join)),
    'checked(options, method): join is checked already',
  ],
];

describe('checked()', () => {
  for (const [what, make, text] of WRONG) {
    it(`refuses ${what}`, () => {
      assert.throws(make, (error: RpcError) => {
        assert.equal(error.code, 'ERR_RPC_INVALID_ARGUMENT');
        assert.ok(error.message.startsWith(text), error.message);
        return true;
      });
    });
  }

  it('keeps the name and the length of the method', () => {
    const made = checked({ args: [z.string()] }, join);
    assert.deepEqual([made.name, made.length], ['join', 1]);
  });

  it('reads the list of schemas once', () => {
    const args: [z.ZodString] = [z.string()];
    const made = checked({ args }, join);
    args.pop();
    assert.equal(made('lobby'), 'lobby');
  });

  it('leaves out a generator, as without checks', () => {
    const service = {
      *items() {
        yield 1;
      },
    };
    const made = { items: checked({ args: [] }, service.items) };
    assert.deepEqual(methodNames(made), []);
    assert.match(whyUncallable(made, 'items') ?? '', /items is a generator function/);
  });
});

describe('a direct call of a checked method', () => {
  const twice = checked({ args: [z.coerce.number()], returns: z.number().max(100) }, (n) => n * 2);

  it('returns what the method returns, or throws the issues', () => {
    assert.equal(twice('4'), 8);
    assert.throws(
      () => twice('x'),
      (error) => error instanceof RpcError && error.code === 'ERR_RPC_VALIDATION' && error.issues?.[0]?.path[0] === 0,
    );
    assert.throws(() => twice(51), /the result of .* does not fit its schema: \[0\]: /);
  });

  it('rejects where the method or a schema is asynchronous', async () => {
    const later = checked(
      {
        args: [z.number()],
        returns: v.pipeAsync(
          v.number(),
          v.checkAsync(async (n) => n < 9),
        ),
      },
      async (n) => n,
    );
    assert.equal(await later(1), 1);
    await assert.rejects(later('x' as never), { code: 'ERR_RPC_VALIDATION' });
    await assert.rejects(later(10), /does not fit its schema/);
    const slow = checked({ args: [z.number().refine(async () => true)] }, (n) => n + 1);
    assert.equal(await slow(1), 2);
    await assert.rejects(async () => slow('x' as never), { code: 'ERR_RPC_VALIDATION' });
  });

  it('calls back, also with the issues', () => {
    const seen: unknown[] = [];
    const find = checked(
      { args: [z.string()], returns: z.string() },
      (name: string, callback: (error: Error | null, name?: string) => void) =>
        name === '' ? callback(new RangeError('none')) : callback(null, name === 'odd' ? (7 as never) : name),
    );
    find('ada', (error, name) => seen.push([error, name]));
    for (const name of [7 as never, '', 'odd']) find(name, (error) => seen.push(error?.message));
    assert.deepEqual(seen[0], [null, 'ada']);
    assert.match(String(seen[1]), /^the arguments do not fit/);
    assert.equal(seen[2], 'none');
    assert.match(String(seen[3]), /^the result of .* does not fit/);
  });

  it('fails with the error of a schema that throws', () => {
    const broken = checked(
      {
        args: [
          v.pipe(
            v.string(),
            v.check(() => {
              throw new TypeError('broken');
            }),
          ),
        ],
      },
      join,
    );
    assert.throws(
      () => broken('x'),
      ({ message, cause }: Error) =>
        /^the arguments of join could not be checked/.test(message) && cause instanceof TypeError,
    );
  });
});

describe('a schema is no remote method', () => {
  const schemas = {
    zod: z.object({ a: z.string() }),
    valibot: v.string(),
    arktype: type('string'),
    parse: z.function(),
  };

  it('beside methods, or alone', () => {
    assert.deepEqual(methodNames({ join, ...schemas }), ['join']);
    assert.match(
      whyUncallable({ join, ...schemas }, 'arktype') ?? '',
      /^arktype is a schema, which callers cannot call; /,
    );
    for (const schema of Object.values(schemas)) assert.deepEqual(modulesOf(schema, '/remote/rooms.js', {}), []);
  });

  it('nor a module beside modules', () => {
    class Rooms {
      join(room: string): string {
        return room;
      }
    }
    const modules = modulesOf({ Rooms, ...schemas, tables: { join } }, '/remote/rooms.js', {});
    assert.deepEqual(
      modules.map(({ name }) => name),
      ['Rooms', 'tables'],
    );
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { methodMember } from '../../cli/types/method-type.js';
import { propertyKey, textType, typeOfSchema } from '../../cli/types/schema-type.js';
import type { MethodDescription } from '../../index.js';

describe('the type of a schema', () => {
  const room = { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] };
  const types: [schema: Record<string, unknown>, type: string][] = [
    [{ type: 'string' }, 'string'],
    [{ type: 'integer' }, 'number'],
    [{ type: ['string', 'null'] }, 'string | null'],
    [{ const: 'a' }, "'a'"],
    [{ enum: ['a', 1, null] }, "'a' | 1 | null"],
    [{ anyOf: [{ type: 'number' }, { type: 'boolean' }] }, 'number | boolean'],
    [{ anyOf: [{ type: 'number' }, {}] }, 'unknown'],
    [{ allOf: [room, { type: 'object', properties: { n: { type: 'number' } } }] }, '{ id: string } & { n?: number }'],
    [{ type: 'array', items: { type: ['string', 'number'] } }, '(string | number)[]'],
    [{ type: 'array', prefixItems: [{ type: 'string' }, { type: 'number' }], minItems: 1 }, '[string, number?]'],
    [{ type: 'array', prefixItems: [{ type: 'string' }], items: { type: 'number' } }, '[string, ...number[]]'],
    [{ type: 'object', properties: { 'a b': { type: 'string' } } }, "{ 'a b'?: string }"],
    [{ type: 'object', additionalProperties: { type: 'number' } }, 'Record<string, number>'],
    [{ type: 'object', additionalProperties: false }, 'Record<string, never>'],
    [{ $ref: '#/$defs/Room', $defs: { Room: room } }, '{ id: string }'],
    [{ $ref: 'https://elsewhere' }, 'unknown'],
    [{ not: { type: 'string' } }, 'unknown'],
  ];
  for (const [schema, type] of types)
    it(`${JSON.stringify(schema).slice(0, 60)} is ${type}`, () => assert.equal(typeOfSchema(schema), type));

  it('that refers to itself comes to an end', () => {
    const tree = { type: 'object', properties: { left: { $ref: '#' }, right: { $ref: '#' } } };
    assert.equal(
      typeOfSchema(tree),
      '{ left?: { left?: unknown; right?: unknown }; right?: { left?: unknown; right?: unknown } }',
    );
  });

  it('that is too long, or too deep, is unknown', () => {
    const wide = Object.fromEntries(Array.from({ length: 1_000 }, (_, at) => [`field${at}`, { type: 'string' }]));
    assert.equal(typeOfSchema({ type: 'object', properties: wide }), 'unknown');
    let deep: Record<string, unknown> = { type: 'string' };
    for (let i = 0; i < 50; i++) deep = { type: 'array', items: deep };
    assert.match(typeOfSchema(deep), /^unknown(?:\[\])+$/);
  });

  it('keeps texts what they are, whatever characters they have', () => {
    assert.equal(propertyKey('greet'), 'greet');
    assert.equal(propertyKey('a-b'), "'a-b'");
    assert.equal(textType(`'"\\\u001b\u202e`), `'\\'"\\\\\\u001b\\u202e'`);
    // biome-ignore lint/security/noGlobalEval: the literal must be the same text for a compiler
    assert.equal(eval(textType(`'"\\\u001b\u202e\n`)), `'"\\\u001b\u202e\n`);
  });
});

describe('the type of a method', () => {
  const describes = (given: Partial<MethodDescription>): string => {
    const names = { name: 'user.rooms.f', namespace: 'user', module: 'rooms', method: 'f' };
    return methodMember({ ...names, parameters: [], streams: false, ...given }).join('\n');
  };
  const members: [given: Partial<MethodDescription>, member: string][] = [
    [{}, 'f(): Promise<unknown>;'],
    [{ parameters: null }, 'f(...args: unknown[]): Promise<unknown>;'],
    [{ parameters: [{ name: 'a' }, { name: 'b', optional: true }] }, 'f(a: unknown, b?: unknown): Promise<unknown>;'],
    [{ parameters: [{ name: 'a', optional: true }, { name: 'b' }] }, 'f(a: unknown, b: unknown): Promise<unknown>;'],
    [
      { parameters: [{ name: 'a' }, { name: 'all', rest: true }] },
      'f(a: unknown, ...all: unknown[]): Promise<unknown>;',
    ],
    [
      { parameters: [{ name: '{ a }' }, { name: 'class' }, { name: 'class' }] },
      'f(arg1: unknown, class_: unknown, class_3: unknown): Promise<unknown>;',
    ],
    [{ streams: true, parameters: [{ name: 'a' }] }, 'f(a: unknown): AsyncGenerator<unknown>;'],
    [
      { parameters: [{ name: 'a' }], args: [{ type: 'string' }, { type: 'number' }] },
      'f(a: string, arg2: number): Promise<unknown>;',
    ],
    [
      { parameters: [{ name: 'a', optional: true }, { name: 'b' }], args: [{ type: 'string' }, null] },
      'f(a: string | undefined, b: unknown): Promise<unknown>;',
    ],
    [{ args: { type: 'array', prefixItems: [{ type: 'string' }] } }, 'f(arg1: string): Promise<unknown>;'],
    [{ args: { type: 'array', items: { type: 'number' } } }, 'f(...args: number[]): Promise<unknown>;'],
    [{ returns: [{ type: 'string' }] }, 'f(): Promise<string>;'],
    [{ returns: [] }, 'f(): Promise<void>;'],
    [
      { doc: 'Ends a comment: */ and\nmore\u001b[31m' },
      '/**\n * Ends a comment: *\\/ and\n * more [31m\n */\nf(): Promise<unknown>;',
    ],
  ];
  for (const [given, member] of members) it(member.replaceAll('\n', ' '), () => assert.equal(describes(given), member));
});

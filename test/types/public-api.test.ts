import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { list } from '../architecture/house.js';
import { lossesOf } from './compare-apis.js';
import { API_FILE, type Api, apiOf, currentApi, flattened, frozenApi } from './public-api.js';

function api(text: string): Api {
  return apiOf(new Map([['a.d.ts', text]]), 'a.d.ts');
}

const SHAPES = `
  export { Shape, Round as Circle, area };
  interface Sized<Size> { readonly size: Size; }
  interface Shape extends Sized<number> { name?: string; move(x: number, y?: number): void; scale(by: Unit): Shape; }
  type Unit = 'mm' | 'in';
  declare class Round implements Shape { #private; private secret; constructor(radius: number); static unit: Unit; }
  declare function area(shape: Shape): number;
`;

describe('the public API', () => {
  it('has every name and every member that it had', async () => {
    const losses = lossesOf(frozenApi(), flattened(await currentApi()));
    assert.deepEqual(losses, [], list('gone or changed; when that is meant: npm run api', losses));
  });

  it('has names that are listed', () => {
    assert.match(readFileSync(API_FILE, 'utf8'), /^ {2}createClient,$/m);
    assert.ok(frozenApi().exported.size >= 90);
  });
});

describe('a public API that is compared with an earlier one', () => {
  const losses = (from: string, to: string) => {
    assert.ok(SHAPES.includes(from), from);
    return lossesOf(api(SHAPES), api(SHAPES.replaceAll(from, to))).map((loss) => loss.split('\n')[0]);
  };

  it('may be the same', () => {
    assert.deepEqual(losses('', ''), []);
  });

  const allowed: readonly (readonly [what: string, from: string, to: string])[] = [
    ['grow by a name', 'area };', 'area, Unit };'],
    ['grow by a member', 'name?: string;', 'name?: string; color: string;'],
    ['give a parameter another name', 'x: number, y?: number', 'left: number, top?: number'],
    ['give a declaration that is not exported another name', 'Unit', 'Measure'],
    ['keep a name as an alias', 'Round', 'Disc'],
    [
      'take members from another base',
      'Sized<Size> { readonly size: Size; }',
      'Sized<Size> extends Base<Size> {} interface Base<S> { readonly size: S; }',
    ],
    ['have other comments', 'name?: string;', '/** What it is called; "name". */ name?: string; // or not\n'],
    ['lose what is private', 'private secret;', ''],
  ];
  for (const [what, from, to] of allowed) it(`may ${what}`, () => assert.deepEqual(losses(from, to), []));

  const refused: readonly (readonly [what: string, from: string, to: string, loss: string])[] = [
    ['lose a name', ', area }', ' }', 'area: is not exported any more'],
    ['lose a member', 'name?: string;', '', 'Shape.name:'],
    ['change a member', 'name?: string', 'name: string', 'Shape.name:'],
    ['lose an inherited member', 'readonly size: Size;', '', 'Shape.size:'],
    ['change what a base is given', 'Sized<number>', 'Sized<string>', 'Shape.size:'],
    ['lose a parameter', ', y?: number', '', 'Shape.move:'],
    ['change a type that a member leads to', " | 'in'", '', 'Shape.scale > Unit:'],
    ['change a constructor', 'constructor(radius: number)', 'constructor(radius: string)', 'Circle.constructor:'],
    ['lose a static member', 'static unit: Unit;', '', 'Circle.static unit:'],
    ['change a function', 'area(shape: Shape): number', 'area(shape: Shape): string', 'area:'],
    [
      'change a kind',
      'declare class Round implements Shape',
      'interface Round extends Shape',
      'Circle: was a class, and is interface',
    ],
  ];
  for (const [what, from, to, loss] of refused)
    it(`may not ${what}`, () => assert.ok(losses(from, to).includes(loss), losses(from, to).join('\n')));
});

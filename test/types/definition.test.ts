import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ROOT } from '../architecture/house.js';
import { LanguageServer } from './language-server.js';

const FIXTURES = 'test/types/fixtures';
const CLIENT = join(ROOT, FIXTURES, 'client.ts');

const WAYS: readonly [code: string, at: string, leadsTo: string][] = [
  [
    'module1.func1(session',
    'func1',
    'remote/test/module1.ts: func1(a: number, b: number, callback: SumCallback): void {',
  ],
  [
    'module1.func1.toServer(',
    'func1',
    'remote/test/module1.ts: func1(a: number, b: number, callback: SumCallback): void {',
  ],
  ['module1.func2(', 'func2', 'remote/test/module1.ts: async func2(a: number, b: number): Promise<number> {'],
  ['rooms.join(', 'join', 'remote/test/rooms.ts: join(this: Rooms, id: string, member: string): Room {'],
  ['status.ping(', 'ping', 'remote/test/status.ts: export async function ping(): Promise<void> {}'],
  ['{ module1, rooms', 'rooms', "remotes.ts: rooms: typeof import('./remote/test/rooms.js');"],
  ['client.proxies.user.test;', 'test', 'remotes.ts: test: {'],
];

describe("an editor's way to a definition", () => {
  it('leads from a proxy to the remote method itself, and nowhere else', async (t) => {
    const server = await LanguageServer.start(t);
    for (const [code, at, leadsTo] of WAYS) {
      assert.deepEqual(await server.definitions(CLIENT, code, at), [`${FIXTURES}/${leadsTo}`], `${at} in ${code}`);
    }
  });
});

/** Parameters that a hover shows. TypeScript 7.0 has no doc comments for properties of mapped types. */
const HOVERS: readonly [code: string, at: string, shows: string][] = [
  ['module1.func1(session', 'func1', '(routeParam: unknown, a: number, b: number, ...callback: '],
  ['module1.func4(', 'func4', '(routeParam: unknown, text: string, times?: number | '],
  ['module1.func5(', 'func5', '[routeParam: unknown, first: string, ...rest: number[]]'],
  ['rooms.join(', 'join', '(routeParam: unknown, id: string, member: string, ...callback: '],
];

describe("an editor's hover over a proxy", () => {
  it('shows the parameters of the remote method by name, in one signature', async (t) => {
    const server = await LanguageServer.start(t);
    for (const [code, at, shows] of HOVERS) {
      const text = await server.hover(CLIENT, code, at);
      assert.ok(text.includes(shows) && !text.includes('overload'), text);
    }
  });
});

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { TSC } from '../types/compiler.js';
import { compileForPages } from './page-files.js';

/** A program of a page, each of whose marked lines must not compile. */
const PROGRAM = `
import { createClient, type ClientOptions, type RpcError, RpcCode } from './types/browser.js';

interface Rooms {
  list(): Promise<string[]>;
  join(room: string, seat?: number): Promise<{ readonly at: Date }>;
  callback(n: number, done: (error: Error | null, doubled: number) => void): void;
}
interface Remotes { lobby: { gate: { rooms: Rooms } } }

const options: ClientOptions = { auth: async () => 'token', failMode: 'failover', router: 'rr', timeout: 5_000 };
const client = createClient<Remotes>(options);
client.addServer({ id: 'gate-1', serverType: 'gate', url: 'wss://play.example/rpc' });
const { rooms } = client.proxies.lobby.gate;
const list: string[] = await rooms.list(null);
const { at } = await rooms.join.with({ signal: AbortSignal.timeout(5), meta: { trace: 1 } })({ uid: 7 }, list[0] ?? 'go');
const time: number = at.getTime();
const doubled: number = await rooms.callback(null, time);
const outcomes = await rooms.list.broadcast();
const reason: RpcError | undefined = outcomes[0]?.reason;
client.on('mailbox', (id: string, to) => { if (to === 'ready') console.log(id, doubled, reason?.code === RpcCode.Remote); });
const untyped = createClient();
await untyped.proxies.anything.at.all.works(null, 1);

// @ts-expect-error there is no such method
rooms.close(null);
// @ts-expect-error the room is a text
rooms.join(null, 7);
// @ts-expect-error no server of this type
client.addServer({ id: 'x', serverType: 'gat', url: 'wss://play.example' });
// @ts-expect-error a page needs a URL
client.addServer({ id: 'x', serverType: 'gate', port: 3333 });
// @ts-expect-error a mode of Node
createClient({ failMode: 'failback' });
// @ts-expect-error an option of Node
createClient({ secret: 'not in a page' });
// @ts-expect-error a router of Node
createClient({ router: 'ch' });
// @ts-expect-error hooks are not there
client.onConnect(() => {});
`;

describe('the types of the client for web pages', () => {
  it('are those of a page: they name no types of Node, and check its programs', (t) => {
    const folder = mkdtempSync(join(realpathSync(tmpdir()), 'mailstation-page-types-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const page = join(folder, 'page');
    compileForPages(page);
    writeFileSync(join(page, 'program.ts'), PROGRAM);
    const compilerOptions = {
      ...{ module: 'esnext', moduleResolution: 'bundler', target: 'es2023', strict: true, noEmit: true },
      ...{ lib: ['es2023', 'dom'], types: [], skipLibCheck: false },
    };
    writeFileSync(join(page, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['program.ts'] }));
    const { stdout } = spawnSync(process.execPath, [TSC, '-p', page], { encoding: 'utf8' });
    assert.equal(stdout, '');
  });
});

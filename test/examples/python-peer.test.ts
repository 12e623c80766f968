import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { createServer } from '../../index.js';
import { startProgram } from './program.js';
import { Project } from './project.js';

const run = promisify(execFile);
const PRINTED = `python calls greet: good day, Ada – 良い一日を
python calls add 100 times at once: 9900
python calls user.rooms.close: E_IN_USE, RangeError: Ada is still in the room
python calls user.rooms.burn: ERR_RPC_NO_METHOD, RpcError: no such method: "burn"; module user.rooms has greet, add, close
a client of mailstation calls reverse: noitats
a client of mailstation calls divide: ERR_RPC_REMOTE, division by zero
a client of mailstation calls burn: ERR_RPC_NO_METHOD, user.text.burn on python-1: there is no user.text.burn
`;

/** Makes one call that takes its time, and prints the answer. */
const SLOW_CALL = `import asyncio, sys
from peer import Follower

async def main(port):
    rooms = await Follower.connect("127.0.0.1", int(port), "rooms-1")
    print(await rooms.call("user.rooms.heartbeats"))
    await rooms.close()

asyncio.run(main(sys.argv[1]))
`;

const hasPython = spawnSync('python3', ['--version']).status === 0;
if (!hasPython) console.error('SKIPPED: the peer in Python was not run, since there is no python3 here');

describe('the example of a peer in Python', { skip: !hasPython }, () => {
  const project = new Project();
  before(() => project.install());
  after(() => project.remove());

  it('calls a server of mailstation, and serves a client of mailstation', async (t) => {
    const program = startProgram(t, join(project.copy('python-peer'), 'main.js'));
    assert.equal(await program.end(60_000), 0, program.stderr);
    assert.equal(program.stdout, PRINTED);
  });

  it('answers heartbeats, without which the server would end the connection', async (t) => {
    const keepalive = 150;
    const rooms = { heartbeats: () => new Promise((resolve) => setTimeout(resolve, 10 * keepalive, 'still here')) };
    const server = createServer({
      ...{ id: 'rooms-1', serverType: 'rooms', port: 0, keepalive },
      services: { user: { rooms } },
    });
    await server.start();
    t.after(() => server.stop());
    const file = join(project.copy('python-peer'), 'slow.py');
    writeFileSync(file, SLOW_CALL);
    const { stdout } = await run('python3', [file, String(server.port)]);
    assert.equal(stdout, 'still here\n');
  });
});

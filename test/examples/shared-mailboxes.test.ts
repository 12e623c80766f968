import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { freePort } from '../../bench/free-port.js';
import { HAS_SOCKET_LIST } from '../behaviour/sockets.js';
import { startProgram } from './program.js';
import { Project } from './project.js';

const WORKERS = 4;
const SERVERS = 3;

describe('the example of shared mailboxes', () => {
  const project = new Project();
  before(() => project.install());
  after(() => project.remove());

  it('counts n + m connections where there were n x m, also after the worker that leads was killed', async (t) => {
    const folder = project.copy('shared-mailboxes');
    const port = await freePort();
    const program = startProgram(t, join(folder, 'main.js'), {
      args: [WORKERS, SERVERS, port].map(String),
    });
    assert.equal(await program.end(50_000), 0, program.stderr);
    assert.match(program.stdout, /[1-9]\d* calls of the others: [1-9]\d* answered, \d+ lost in flight, 0 forgotten/);
    if (!HAS_SOCKET_LIST) return;
    assert.match(program.stdout, /each with mailboxes of its own: 12 connections\n/);
    assert.match(program.stdout, /with shared mailboxes: 6 connections: 3 to servers, 3 between workers\n/);
    assert.match(program.stdout, /and then: 5 connections: 3 to servers, 2 between workers\n/);
    assert.equal(program.stderr, '');
  });
});

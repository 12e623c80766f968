import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { freePort } from '../../bench/free-port.js';
import { ROOT, readText } from '../architecture/house.js';
import { startProgram, untilListening } from './program.js';
import { Project, replaceOnce } from './project.js';

const FILES = ['server.js', 'client.js', 'remote/test/module1.js'];
const PORT = '3333';

describe("the README's first example", () => {
  const project = new Project();
  before(() => project.install());
  after(() => project.remove());

  it('prints the sum that another process has made', async (t) => {
    const folder = project.copy('readme');
    const port = String(await freePort());
    for (const file of ['server.js', 'client.js']) replaceOnce(join(folder, file), PORT, port);

    const server = startProgram(t, join(folder, 'server.js'));
    await untilListening(Number(port), 60_000);
    const client = startProgram(t, join(folder, 'client.js'));
    assert.equal(await client.end(60_000), 0, client.stderr);
    assert.equal(client.stdout, '3\n');
    assert.equal(client.stderr, '');
    assert.match(
      server.stdout + server.stderr,
      new RegExp(`^[^\\n]* listens on tcp://127\\.0\\.0\\.1:${port}\\b[^\\n]*\\n$`),
    );
  });

  // A fenced block is one of the files when its first line names it: `// server.js`.
  it('stands in README.md as it is', () => {
    if (!existsSync(`${ROOT}README.md`)) return;
    const blocks = [...readText('README.md').matchAll(/^```\w*\n(.*?)^```/gms)].map(([, text = '']) => text);
    for (const file of FILES) {
      const shown = blocks.filter((text) => text.startsWith(`// ${file}\n`));
      assert.equal(shown.length, 1, `README.md has ${shown.length} blocks that begin with // ${file}`);
      assert.equal(shown[0], readText(`examples/readme/${file}`));
    }
  });
});

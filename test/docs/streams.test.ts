import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { readText } from '../architecture/house.js';

const PAGE = 'docs/streams.md';

describe(PAGE, () => {
  it('shows a program that prints what the page says', async (t) => {
    const folder = mkdtempSync(join(realpathSync(tmpdir()), 'mailstation-streams-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const index = new URL('../../index.js', import.meta.url).href;
    const page = readText(PAGE);
    for (const [, name = '', code = ''] of page.matchAll(/^```js\n\/\/ (\S+\.js)\n(.*?)^```$/gms)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), code.replaceAll("'mailstation'", `'${index}'`));
    }
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
    const { stdout } = await promisify(execFile)(process.execPath, ['client.js'], { cwd: folder, timeout: 30_000 });
    const lines = stdout.split('\n').filter((line) => !line.startsWith('mailstation: '));
    const [, printed = ''] = /^```text\n(.*?)^```$/ms.exec(page) ?? [];
    assert.equal(lines.join('\n'), printed);
  });
});

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readText } from '../architecture/house.js';
import { EGG_PROGRAMS } from '../downstream/egg.js';
import { PINUS_PROGRAMS } from '../downstream/pinus.js';
import { POMELO_PROGRAMS } from '../downstream/pomelo.js';
import { SDK_PROGRAMS } from '../downstream/sdk-clients.js';
import { runIn, runPageProgram, writePagePrograms } from './page-program.js';

const GUIDES = [
  ['docs/migrating-from-pomelo-rpc.md', [...POMELO_PROGRAMS, ...PINUS_PROGRAMS]],
  ['docs/migrating-from-cluster-client.md', [...EGG_PROGRAMS, ...SDK_PROGRAMS]],
] as const;

for (const [page, programs] of GUIDES) {
  describe(`the programs that ${page} names`, () => {
    const text = readText(page).replace(/\s+/g, ' ').toLowerCase();

    for (const { name, differences } of programs) {
      it(`has ${name} and how many of its lines differ`, () => {
        const [row = ''] =
          readText(page).match(new RegExp(`^\\| ${name.replace('rpcDebugLog', '`$&`')} \\|.*$`, 'm')) ?? [];
        assert.match(row, new RegExp(`\\| ${differences.length} \\|$`));
      });

      it(`explains each difference of ${name}`, () => {
        const missing = differences.filter(({ why }) => !text.includes(why.toLowerCase()));
        assert.deepEqual(missing, []);
      });
    }
  });
}

describe('the program of docs/migrating-from-cluster-client.md', () => {
  const page = 'docs/migrating-from-cluster-client.md';

  it('prints what the page says, with mailstation and with cluster-client', async (t) => {
    const { printed, expected } = await runPageProgram(t, page, 'addresses.js');
    assert.equal(printed, expected);
    const folder = writePagePrograms(t, page);
    const file = join(folder, 'addresses.js');
    const before = readFileSync(file, 'utf8').replace(
      /^import cluster from .*$/m,
      "import cluster from 'cluster-client';",
    );
    writeFileSync(file, before);
    // cluster-client writes its log to stdout too.
    const lines = (await runIn(folder, 'addresses.js')).split('\n').filter((line) => !line.includes('[cluster#'));
    assert.equal(lines.join('\n'), expected);
  });
});

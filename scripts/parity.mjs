/** Writes docs/parity.md from the tests of test/parity: `node --import tsx scripts/parity.mjs`. */
import { writeFileSync } from 'node:fs';
import { parityRows, renderPage } from '../test/parity/support/table.js';

writeFileSync(new URL('../docs/parity.md', import.meta.url), renderPage(await parityRows()));

/**
 * Records the packets that our own ends send to each other, and writes them to golden.json:
 *
 *     npm run golden              from the current sources
 *     npm run golden -- frozen    from the frozen package, to see what has changed since
 */
import { writeFileSync } from 'node:fs';
import * as current from '../../index.js';
import { loadFrozen } from '../support/frozen.js';
import { CONVERSATIONS } from './conversations.js';
import { framesOf, GOLDEN_FILE, type GoldenFrame } from './golden.js';

const recorded = process.argv[2] === 'frozen' ? await loadFrozen() : current;
const golden: Record<string, GoldenFrame[]> = {};
for (const name of Object.keys(CONVERSATIONS)) {
  const closing: (() => unknown)[] = [];
  golden[name] = await framesOf({ after: (close: () => unknown) => void closing.push(close) }, name, recorded);
  for (const close of closing) await close();
}
writeFileSync(GOLDEN_FILE, `${JSON.stringify(golden, null, 2)}\n`);
console.log(`${Object.values(golden).flat().length} packets recorded`);

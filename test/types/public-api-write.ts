/**
 * Writes public-api.d.ts.txt anew:
 *
 *     npm run api              from the current sources
 *     npm run api -- frozen    from the frozen package
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unpackFrozen } from '../support/frozen.js';
import { API_FILE, apiIn, currentApi, textOf } from './public-api.js';

const api = process.argv[2] === 'frozen' ? apiIn(join(unpackFrozen(), 'dist')) : await currentApi();
writeFileSync(API_FILE, textOf(api));

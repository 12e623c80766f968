/** Writes docs/options.md from the types and docstrings of the sources: `npm run options`. */
import { writeFileSync } from 'node:fs';
import { renderOptionsPage } from '../test/docs/options-page.js';

writeFileSync(new URL('../docs/options.md', import.meta.url), renderOptionsPage());

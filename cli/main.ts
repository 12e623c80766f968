#!/usr/bin/env node
/** The command `mailstation`: package.json names its bundle, dist/cli.cjs, as `bin`. */
import { ioOfProcess } from './io.js';
import { run } from './run.js';
import { VERBS } from './verbs.js';

// Never exit(): output that waits in a pipe would be lost.
void run(process.argv.slice(2), ioOfProcess(process), VERBS).then((code) => {
  process.exitCode = code;
});

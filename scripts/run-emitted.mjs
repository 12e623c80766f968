/**
 * Runs a file of the repository as emitted code, as the tests run: a loader such as tsx costs memory and time, which would be measured too.
 *
 *     node scripts/run-emitted.mjs bench/etcd.ts [arguments]
 */
import { spawnSync } from 'node:child_process';
import { EMITTED, emitTests } from './emit-tests.mjs';

const [file = '', ...args] = process.argv.slice(2);
emitTests();
const { status } = spawnSync(process.execPath, [EMITTED + file.replace(/\.ts$/, '.js'), ...args], { stdio: 'inherit' });
process.exitCode = status ?? 1;

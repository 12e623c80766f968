import type { Verb } from './verb.js';
import { bench } from './verbs/bench.js';
import { call } from './verbs/call.js';
import { top } from './verbs/top.js';

/** The verbs in the order of the help. A verb joins by one file in `cli/verbs/` and one entry here. */
export const VERBS: readonly Verb[] = [call, top, bench];

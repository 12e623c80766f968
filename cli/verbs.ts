import type { Verb } from './verb.js';
import { bench } from './verbs/bench.js';
import { call } from './verbs/call.js';
import { dashboard } from './verbs/dashboard.js';
import { inspect } from './verbs/inspect.js';
import { ls } from './verbs/ls.js';
import { top } from './verbs/top.js';
import { types } from './verbs/types.js';

/** The verbs in the order of the help. A verb joins by one file in `cli/verbs/` and one entry here. */
export const VERBS: readonly Verb[] = [call, ls, inspect, top, bench, types, dashboard];

import type { Verb } from './verb.js';
import { call } from './verbs/call.js';

/** The verbs in the order of the help. A verb joins by one file in `cli/verbs/` and one entry here. */
export const VERBS: readonly Verb[] = [call];

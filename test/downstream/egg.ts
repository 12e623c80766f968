import type { Difference } from './compare.js';
import type { Program } from './program.js';

const FIELDS =
  'the own fields of an error arrive in a worker, where cluster-client sends the name, the message and the code';
const REST =
  'a method with a rest parameter gets the arguments alone, where cluster-client adds a callback, which is `null` in a worker';

const ofClient = (client: string): readonly Difference[] => [
  { line: `${client}, fields of an error`, original: /"undefined","undefined"/, ours: /\[13,13\]$/, why: FIELDS },
  {
    line: `${client}, several values`,
    original: /\{"deep":\[true\]\},null\],/,
    ours: /\{"deep":\[true\]\}\],/,
    why: REST,
  },
  {
    line: `${client}, undefined`,
    original: /\["undefined","object"\]/,
    ours: /\["undefined"\],\["undefined"\]/,
    why: REST,
  },
  {
    line: `single mode, ${client}, several values`,
    original: /\{"deep":\[true\]\},null\]$/,
    ours: /\{"deep":\[true\]\}\]$/,
    why: REST,
  },
  {
    line: `single mode, ${client}, undefined`,
    original: /\["undefined","function"\]$/,
    ours: /\["undefined"\]$/,
    why: REST,
  },
];

const DIFFERENCES: readonly Difference[] = [...ofClient('directory'), ...ofClient('addressBook')];

const EGG = { folder: 'egg', replaced: 'cluster-client', differences: DIFFERENCES };

/** An agent and two workers, the agent killed in between, and then single mode. */
export const EGG_PROGRAMS: readonly Program[] = [
  { ...EGG, name: 'egg 3.34.0', dependencies: { egg: '3.34.0', 'sdk-base': '4.2.1', 'cluster-client': '3.7.0' } },
  { ...EGG, name: 'egg 4.0.10', dependencies: { egg: '4.0.10', 'sdk-base': '5.0.1', 'cluster-client': '3.7.0' } },
];

import type { Link, Server, ServerStatus } from '../../snapshot.js';
import { nameOf } from '../names.js';

/** Shapes within a square of 12, each of which can be told from the others without its colour. */
const SHAPES = {
  disc: 'M6 1.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0-9z',
  ring: 'M6 1a5 5 0 1 0 0 10a5 5 0 1 0 0-10zM6 3a3 3 0 1 1 0 6a3 3 0 1 1 0-6z',
  hexagon: 'M6 .7l4.8 2.7v5.2L6 11.3 1.2 8.6V3.4z',
  hollow: 'M6 .7l4.8 2.7v5.2L6 11.3 1.2 8.6V3.4zM6 2.7L2.9 4.4v3.2L6 9.3l3.1-1.7V4.4z',
  half: 'M6 1a5 5 0 1 0 0 10a5 5 0 1 0 0-10zM6 2.8v6.4a3.2 3.2 0 0 1 0-6.4z',
  square: 'M1.5 1.5h9v9h-9zM3.5 5.2v1.6h5V5.2z',
  cross: 'M2.6 1.2L6 4.6l3.4-3.4 1.4 1.4L7.4 6l3.4 3.4-1.4 1.4L6 7.4l-3.4 3.4-1.4-1.4L4.6 6 1.2 2.6z',
  bar: 'M1.5 5h9v2h-9z',
  triangle: 'M6 1l5.2 9.5H.8z',
  arrows: 'M1 4h7L6 2l1-1 4 4-4 4-1-1 2-2H1z',
  twin: 'M4 2.5a3.5 3.5 0 1 0 0 7a3.5 3.5 0 1 0 0-7zM8.6 2.6a3.5 3.5 0 0 1 0 6.8a5 5 0 0 0 0-6.8z',
} as const;

export type Shape = keyof typeof SHAPES;

/** Tone of a mark: a colour that says again what shape and word say. */
type Tone = 'good' | 'warn' | 'bad' | 'dim';

export interface Meaning {
  readonly shape: Shape;
  readonly tone: Tone;
  readonly word: string;
}

/** Path of a shape, in a square of 12. */
export function shapePath(shape: Shape): string {
  return SHAPES[shape];
}

const STATUS: Readonly<Record<ServerStatus, Meaning>> = {
  serving: { shape: 'disc', tone: 'good', word: 'serving' },
  draining: { shape: 'half', tone: 'warn', word: 'draining' },
  'not-serving': { shape: 'square', tone: 'bad', word: 'not serving' },
  standby: { shape: 'hollow', tone: 'dim', word: 'standby' },
  unreachable: { shape: 'cross', tone: 'bad', word: 'unreachable' },
  'not-admitted': { shape: 'cross', tone: 'bad', word: 'refuses' },
  unknown: { shape: 'bar', tone: 'dim', word: 'does not say' },
};

/** Status of a server, with its role where servers stand by for each other. */
export function serverMeaning({ status, role, term }: Server, isLeader: boolean): Meaning {
  const meaning = meaningIn(STATUS, status);
  if (role === 'deposed') return { shape: 'half', tone: 'warn', word: 'deposed' };
  if (status === 'serving' && isLeader)
    return { ...meaning, shape: 'hexagon', word: term === null ? 'leads' : `leads, term ${term}` };
  return meaning;
}

const MAILBOX: Readonly<Record<string, Meaning>> = {
  ready: { shape: 'disc', tone: 'good', word: 'ready' },
  connected: { shape: 'disc', tone: 'good', word: 'connected' },
  idle: { shape: 'ring', tone: 'dim', word: 'idle' },
  none: { shape: 'ring', tone: 'dim', word: 'not connected' },
  connecting: { shape: 'arrows', tone: 'warn', word: 'connecting' },
  preparing: { shape: 'arrows', tone: 'warn', word: 'preparing' },
  backoff: { shape: 'triangle', tone: 'bad', word: 'backoff' },
  draining: { shape: 'half', tone: 'warn', word: 'draining' },
  closed: { shape: 'bar', tone: 'dim', word: 'closed' },
  ejected: { shape: 'cross', tone: 'bad', word: 'ejected' },
};

/** State of a mailbox for people; of a caller that reports none, whether it has a connection. */
export function mailboxState({ mailbox, connections, ejected }: Link): string {
  if (ejected) return 'ejected';
  return mailbox ?? (connections > 0 ? 'connected' : 'none');
}

/** Meaning of a state of {@link mailboxState}. */
export function mailboxMeaning(state: string): Meaning {
  return meaningIn(MAILBOX, state);
}

/** Newer servers may have words that this page does not know, and a hostile one any word. */
function meaningIn(table: Readonly<Record<string, Meaning>>, word: string): Meaning {
  const known = Object.hasOwn(table, word) ? table[word] : undefined;
  return known ?? { shape: 'bar', tone: 'dim', word: nameOf(word, 24) };
}

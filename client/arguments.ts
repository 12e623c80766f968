import type { Logger } from '../lib/diagnostics.js';
import { requiredString, unfit } from '../lib/options.js';
import { shown } from '../lib/quoted.js';
import type { InvokeMessage } from '../lib/rpc-message.js';
import type { MailStationState } from '../station/index.js';

/** Checks a message of `rpcInvoke`. Throws {@link RpcCode.InvalidArgument}. */
export function checkMessage(msg: InvokeMessage): InvokeMessage {
  if (typeof msg !== 'object' || msg === null)
    throw unfit('msg', 'an object { namespace, service, method, args }', msg);
  for (const part of ['namespace', 'service', 'method'] as const) requiredString(`msg.${part}`, msg, part);
  if (!Array.isArray(msg.args)) throw unfit('msg.args', 'a list', msg.args);
  return msg;
}

const isServer = (given: unknown): boolean => hasField(given, 'id');
const isRecord = (given: unknown): boolean => hasField(given, 'namespace');
const isId = (given: unknown): boolean => typeof given === 'number' || (typeof given === 'string' && given !== '');

/** Methods that take a list: the list in words, and how an entry looks that stands alone. */
const LISTS = {
  addProxies: { wanted: 'a list of records', isEntry: isRecord },
  addServers: { wanted: 'a list', isEntry: isServer },
  replaceServers: { wanted: 'a list', isEntry: isServer },
  removeServers: { wanted: 'a list', isEntry: isId },
} as const;

/** Checks an argument that is to be a list. */
export function checkList<T>(what: keyof typeof LISTS, given: readonly T[]): readonly T[] {
  if (Array.isArray(given)) return given;
  throw unfit(`the argument of ${what}`, LISTS[what].wanted, given);
}

/**
 * Takes a list as programs for pomelo-rpc give lists: entries that are missing do not count, nor does a missing list. An
 * entry in the place of a list is a list of one. Any other value counts as an empty list, as in pomelo-rpc, and is logged.
 */
export function takeList<T>(what: keyof typeof LISTS, given: unknown, logger: Logger): readonly T[] {
  if (given === undefined || given === null) return [];
  const { wanted, isEntry } = LISTS[what];
  if (isEntry(given)) return [given as T];
  // A Set, or the `arguments` of a function.
  const isList = typeof given === 'object' && Symbol.iterator in given && !(given instanceof Map);
  if (isList) return [...(given as Iterable<T>)];
  logger.warn(
    `mailstation: ${what}() wants ${wanted}, got ${shown(given)}, and takes this value for an empty list; write [entry]`,
  );
  return [];
}

function hasField(given: unknown, name: string): boolean {
  return typeof given === 'object' && given !== null && name in given;
}

/** Text for a start() that is refused. */
export function cannotStart(state: MailStationState): string {
  if (state === 'started') return 'the client is started already: call start() once';
  return `the client is ${state}, and cannot be started again: make another client`;
}

import { invalid, unfit } from '../options.js';
import { shown } from '../quoted.js';

/** The methods that an `expose` names. */
export interface Exposed {
  has(method: string): boolean;
  /** Entries of the option that stand for none of these methods. */
  unused(methods: readonly string[]): string[];
}

/** Ends an entry that stands for all methods whose names begin with the rest. */
const ALL = '.*';

/** Reads the option `expose`; undefined without one. Throws {@link RpcCode.InvalidArgument}. */
export function resolveExposed(given: unknown): Exposed | undefined {
  if (given === undefined) return undefined;
  if (!Array.isArray(given)) throw unfit('expose', 'a list of names of methods', given);
  const entries = (given as unknown[]).map(readEntry);
  const names = new Set(entries);
  const beginnings = entries.filter(isBeginning).map((entry) => entry.slice(0, -1));
  return {
    has: (method) => names.has(method) || beginnings.some((beginning) => method.startsWith(beginning)),
    unused: (methods) =>
      entries.filter((entry) =>
        isBeginning(entry)
          ? !methods.some((method) => method.startsWith(entry.slice(0, -1)))
          : !methods.includes(entry),
      ),
  };
}

function isBeginning(entry: string): boolean {
  return entry.endsWith(ALL);
}

function readEntry(entry: unknown): string {
  const name = typeof entry === 'string' && isBeginning(entry) ? entry.slice(0, -ALL.length) : entry;
  if (typeof name === 'string' && !name.includes('*') && name.split('.').every((part) => part !== ''))
    return entry as string;
  throw invalid(`expose must hold names such as "user.chat.send" or "user.chat.*", got ${shown(entry)} among them`);
}

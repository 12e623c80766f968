import type { Logger } from './diagnostics.js';
import { nearName } from './near-name.js';
import { quoted } from './quoted.js';

/** Names of all options of an interface. An option that is an object of options has a table of its own. */
export type OptionNames<Options> = { readonly [Name in keyof Required<Options>]: true | OptionTable };

/** Names of options, whichever interface they are of. */
type OptionTable = Readonly<Record<string, true | Readonly<Record<string, true>>>>;

export interface OptionCheck {
  /** Owner of the options, for the log line: `the client`. */
  readonly owner: string;
  readonly names: OptionTable;
  /** Names that other packages give a meaning, and that may stand here without one. @default none */
  readonly ignored?: readonly string[];
  /**
   * Whether only names are reported that are near a known one which is not given. A custom mailbox or acceptor gets all
   * options, and may have options of its own. The entry of a server may have further fields.
   * @default false
   */
  readonly onlyNear?: boolean;
}

/** Logs one warning that names the options that do not exist, each with the name that was probably meant. */
export function warnOfUnknownOptions(given: object, check: OptionCheck, logger: Logger): void {
  const unknown = unknownOptions(given, check);
  if (unknown.length > 0)
    logger.warn(`mailstation: ${check.owner} got options that do not exist: ${unknown.join(', ')}`);
}

/** Descriptions of the options that do not exist: `"timeOut" (did you mean timeout?)`. */
export function unknownOptions(given: object, check: Omit<OptionCheck, 'owner'>): string[] {
  const { names, ignored = [], onlyNear = false } = check;
  return Object.entries(given).flatMap(([name, value]) => {
    if (value === undefined) return [];
    const known = Object.hasOwn(names, name) ? names[name] : undefined;
    if (known === true || ignored.includes(name)) return [];
    if (known !== undefined) return isPlain(value) ? inside(name, unknownOptions(value, { names: known })) : [];
    const near = nearName(name, Object.keys(names));
    if (onlyNear && near !== undefined && isGiven(given, near)) return [];
    if (near !== undefined) return [`${quoted(name)} (did you mean ${near}?)`];
    return onlyNear ? [] : [quoted(name)];
  });
}

function inside(group: string, unknown: readonly string[]): string[] {
  return unknown.map((each) => `${each} in ${group}`);
}

function isGiven(options: object, name: string): boolean {
  // An entry without a type has the type ''.
  return ((options as Record<string, unknown>)[name] ?? '') !== '';
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

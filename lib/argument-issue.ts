/** One reason for which the arguments of a call do not fit the schemas of a checked method. */
export interface ArgumentIssue {
  /**
   * Place of the value: the index of the argument, and then the keys that lead to the value. Empty for an issue with the list
   * of arguments as a whole. Upper bounds: 16 keys of 100 characters each.
   */
  readonly path: readonly (string | number)[];
  /** Text of the schema, at most 300 characters. The text may repeat the value, which is the caller's own. */
  readonly message: string;
}

/** Upper bound for the number of issues of one call. */
export const MAX_ISSUES = 32;
export const MAX_PATH_KEYS = 16;
/** Characters */
export const MAX_KEY_LENGTH = 100;
/** Characters */
export const MAX_ISSUE_MESSAGE = 300;
/** All keys and messages of one call. Characters */
export const MAX_ISSUES_LENGTH = 8_192;

/** Reads issues that a server has sent. Undefined for anything else. */
export function readIssues(value: unknown): readonly ArgumentIssue[] | undefined {
  if (!Array.isArray(value) || value.length > MAX_ISSUES || !value.every(isIssue)) return undefined;
  return value.map(({ path, message }) => ({ path, message }));
}

/** Path as JavaScript writes it: `[0].tags[1]`. */
export function pathText(path: ArgumentIssue['path']): string {
  return path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`)).join('');
}

function isIssue(value: unknown): value is ArgumentIssue {
  if (typeof value !== 'object' || value === null) return false;
  const { path, message } = value as Partial<ArgumentIssue>;
  if (typeof message !== 'string' || !Array.isArray(path)) return false;
  return path.every((key) => typeof key === 'string' || typeof key === 'number');
}

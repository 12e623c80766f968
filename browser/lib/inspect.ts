/** Errors under an error that are printed. */
const MAX_CAUSES = 3;

/** Text of a value, for messages and log lines. A page's console shows values better; a message needs a text. */
export function inspect(value: unknown, _options?: object): string {
  if (value instanceof Error) return errorText(value, MAX_CAUSES);
  if (typeof value === 'function') return `[Function: ${value.name || '(anonymous)'}]`;
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value !== 'object' || value === null) return String(value);
  return jsonOf(value) ?? Object.prototype.toString.call(value);
}

function errorText(error: Error, causes: number): string {
  const head = `${error.name}: ${error.message}`;
  const { stack, cause } = error;
  // The stack begins with the message in some browsers only.
  const text = stack === undefined ? head : stack.startsWith(error.name) ? stack : `${head}\n${stack}`;
  return cause instanceof Error && causes > 0 ? `${text}\n[cause]: ${errorText(cause, causes - 1)}` : text;
}

function jsonOf(value: object): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

/** A page has no `NODE_DEBUG`. */
export function debuglog(_section: string): (...args: unknown[]) => void {
  return () => {};
}

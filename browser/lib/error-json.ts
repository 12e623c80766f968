/** An error as an object for JSON: name, message, code, fields, and the chain of causes. Without the stack. */
export function errorJson(error: Error): Record<string, unknown> {
  const { name, message, cause } = error;
  return { ...error, name, message, cause: cause instanceof Error ? errorJson(cause) : undefined };
}

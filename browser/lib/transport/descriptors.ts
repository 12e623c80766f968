/** A page does not open files. */
export function descriptorAdvice(_error: unknown): string | undefined {
  return undefined;
}

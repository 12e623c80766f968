/** A browser gives no reason for a failed attempt that a cure could be known for. */
export function connectAdvice(_failure: unknown): string {
  return '';
}

/**
 * The error of a dial, with a message. Where a name has several addresses, Node tries them all and fails with an
 * AggregateError, whose message is empty: the reasons are in its `errors`.
 */
export function dialFailure<Failure>(error: Failure): Failure | Error {
  if (!(error instanceof AggregateError) || error.errors.length === 0) return error;
  const failures: readonly Error[] = error.errors;
  const reasons = [...new Set(failures.map(({ message }) => message))];
  const whole = new Error(reasons.join('; '), { cause: error });
  const codes = failures.map(({ code }: NodeJS.ErrnoException) => code);
  // One address that refuses says that the machine is up, which the others do not contradict.
  const code = codes.includes('ECONNREFUSED') ? 'ECONNREFUSED' : codes[0];
  return Object.assign(whole, { syscall: 'connect' }, code === undefined ? {} : { code });
}

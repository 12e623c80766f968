import { type Delivery, type RpcCode, RpcError } from 'mailstation';
import type { Demo } from './demo.js';

/** Prints how the call fails, and whether that is how it should. */
export async function expectFailure(
  { tally, report }: Demo,
  label: string,
  call: Promise<unknown>,
  [code, delivery]: readonly [RpcCode, Delivery],
): Promise<void> {
  const error: unknown = await tally.track(call).then(
    (value) => new Error(`it did not fail, and gave ${value}`),
    (reason) => reason,
  );
  if (!(error instanceof RpcError)) {
    report.broken(`${label}: ${error}`);
    return;
  }
  report.line(label, `${error.code} (${error.delivery})`);
  report.line('', error.message);
  if (error.cause instanceof Error) {
    const cause = error.cause as NodeJS.ErrnoException;
    report.line('', `cause: ${cause.name}${cause.code ? ` [${cause.code}]` : ''}: ${cause.message}`);
  }
  const isExpected = error.code === code && error.delivery === delivery;
  report.expect(isExpected, `${label} was expected to be ${code} (${delivery})`);
}

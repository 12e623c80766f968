import { ConcealedFailure } from '../concealed-failure.js';
import { RpcCode, RpcError } from '../errors.js';
import type { ListCheck } from './list-check.js';

/**
 * Error of a call whose arguments were checked; undefined where they fit. Arguments that do not fit are the fault of the caller,
 * who gets the issues. A schema that fails is the fault of the server. `name`: name of the method.
 */
export function argumentsError({ fault, issues }: ListCheck, name: string): RpcError | ConcealedFailure | undefined {
  if (fault !== undefined) {
    const inside = new Error(`the arguments of ${name} could not be checked: ${fault.message}`, { cause: fault.cause });
    return new ConcealedFailure(
      'the server could not check the arguments, and did not start the method; the log of the server has the reason',
      inside,
    );
  }
  if (issues.isEmpty) return undefined;
  return new RpcError(RpcCode.Validation, `the arguments do not fit the schemas of the method: ${issues}`, {
    issues: issues.issues,
  });
}

/** Error of a call whose results do not fit; undefined where they do. The caller learns nothing of the results. */
export function resultsError(check: ListCheck, name: string): ConcealedFailure | undefined {
  return misfit(
    check,
    `the result of ${name}`,
    'the method has run, and its result does not fit the schema that the server has for it; the log of the server has the reason',
  );
}

/** The same for an item of a stream. `at`: number of the item, from 0. */
export function itemError(check: ListCheck, at: number, name: string): ConcealedFailure | undefined {
  return misfit(
    check,
    `item ${at} of ${name}`,
    'an item of the stream does not fit the schema that the server has for it; the log of the server has the reason',
  );
}

function misfit({ fault, issues }: ListCheck, what: string, outside: string): ConcealedFailure | undefined {
  if (fault === undefined && issues.isEmpty) return undefined;
  const inside =
    fault === undefined
      ? new Error(`${what} does not fit its schema: ${issues}`)
      : new Error(`${what} could not be checked: ${fault.message}`, { cause: fault.cause });
  return new ConcealedFailure(outside, inside);
}

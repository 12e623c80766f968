import { integer, invalid, MAX_TIMEOUT_MS, timeoutMs } from '../../lib/options.js';

/** When a server is no longer chosen by routers, for a while. Source of the defaults: Envoy's outlier detection. */
export interface EjectionOptions {
  /**
   * So many failures without a success in between: calls that timed out, attempts to connect that failed, connections
   * that were lost. A method's own errors are successes. @default 5
   */
  readonly consecutiveFailures?: number;
  /** How long a server is left out the first time; twice as long the second time, and so on. Unit: ms. @default 30_000 */
  readonly baseEjectionTime?: number;
  /** And never longer than that. Unit: ms. @default 300_000 */
  readonly maxEjectionTime?: number;
  /**
   * No more of a type's servers than that are left out; where more are, because others were removed, all are chosen
   * from. Unit: percent. Range: 0 to 100. @default 50; Envoy's 10 suits larger sets
   */
  readonly maxEjectionPercent?: number;
}

/** Undefined where servers are never left out. */
export function resolveEjection(given: boolean | EjectionOptions = false): Required<EjectionOptions> | undefined {
  if (given === false) return undefined;
  const options = given === true ? {} : given;
  if (typeof options !== 'object' || options === null)
    throw invalid(`ejection must be true, false or an object, got ${String(given)}`);
  const baseEjectionTime = timeoutMs('ejection.baseEjectionTime', options.baseEjectionTime, 30_000);
  const longest = Math.max(300_000, baseEjectionTime);
  return Object.freeze({
    consecutiveFailures: integer('ejection.consecutiveFailures', options.consecutiveFailures, 5, 1),
    baseEjectionTime,
    maxEjectionTime: integer(
      'ejection.maxEjectionTime',
      options.maxEjectionTime,
      longest,
      baseEjectionTime,
      MAX_TIMEOUT_MS,
    ),
    maxEjectionPercent: integer('ejection.maxEjectionPercent', options.maxEjectionPercent, 50, 0, 100),
  });
}

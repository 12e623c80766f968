import { type Filled, integer, timeoutMs, unfit } from '../../lib/options.js';

/**
 * Conditions under which routers no longer choose a failing server, and for how long. Source: Envoy's outlier
 * detection.
 */
export interface EjectionOptions {
  /**
   * Failures without a success in between after which a server is ejected: calls that timed out, calls that the server
   * refused because of overload, attempts to connect that failed, connections that were lost. A method's own errors are
   * successes.
   * Unit: failures. Range: from 1. Source: Envoy.
   * @default 5
   */
  readonly consecutiveFailures?: number | undefined;
  /**
   * How long a server is ejected the first time. The second time is twice as long, the third three times, and so on.
   * Unit: ms. Range: 1 to 2^31 - 1. Source: Envoy.
   * @default 30_000
   */
  readonly baseEjectionTime?: number | undefined;
  /**
   * Upper bound of the time for which a server is ejected. Where `baseEjectionTime` is longer, that is the default.
   * Unit: ms. Range: `baseEjectionTime` to 2^31 - 1. Source: Envoy.
   * @default 300_000
   */
  readonly maxEjectionTime?: number | undefined;
  /**
   * Share of a type's servers that may be ejected at once. Where more are, because others were removed, routers choose
   * from all. Envoy's own 10 suits larger sets.
   * Unit: percent. Range: 0 to 100.
   * @default 50
   */
  readonly maxEjectionPercent?: number | undefined;
}

export const EJECTION_DEFAULTS = Object.freeze({
  consecutiveFailures: 5,
  baseEjectionTime: 30_000,
  maxEjectionTime: 300_000,
  maxEjectionPercent: 50,
}) satisfies Filled<EjectionOptions>;

/** Resolves the option `ejection`; undefined where servers are never ejected. */
export function resolveEjection(given: boolean | EjectionOptions = false): Filled<EjectionOptions> | undefined {
  if (given === false) return undefined;
  const options = given === true ? {} : given;
  if (typeof options !== 'object' || options === null) throw unfit('ejection', 'true, false or an object', given);
  const defaults = EJECTION_DEFAULTS;
  const baseEjectionTime = timeoutMs('ejection.baseEjectionTime', options.baseEjectionTime, defaults.baseEjectionTime);
  const longest = Math.max(defaults.maxEjectionTime, baseEjectionTime);
  return Object.freeze({
    consecutiveFailures: integer(
      'ejection.consecutiveFailures',
      options.consecutiveFailures,
      defaults.consecutiveFailures,
      1,
    ),
    baseEjectionTime,
    maxEjectionTime: timeoutMs(
      'ejection.maxEjectionTime',
      options.maxEjectionTime,
      longest,
      baseEjectionTime,
      'baseEjectionTime',
    ),
    maxEjectionPercent: integer(
      'ejection.maxEjectionPercent',
      options.maxEjectionPercent,
      defaults.maxEjectionPercent,
      0,
      100,
    ),
  });
}

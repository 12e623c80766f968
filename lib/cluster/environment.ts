import { portOfDigits } from '../compat/numbers.js';
import type { Endpoint } from '../endpoint.js';
import { meetingPlace } from '../meeting-place.js';

/** The place that the processes of a machine compete for. The options go before the environment, and the environment before the default. */
export function meetingPlaceOf(
  { port, path, tls }: { readonly port?: unknown; readonly path?: unknown; readonly tls?: unknown },
  known: string | undefined,
  otherwise: number,
): Endpoint {
  const hasTls = tls !== undefined;
  if (port !== undefined || path !== undefined) return meetingPlace({ port: portOfDigits(port), path, hasTls });
  const isPath = known?.includes('/') === true;
  return meetingPlace({ port: isPath ? known : (fromEnvironment(known) ?? otherwise), path, hasTls });
}

/** A number of the environment. Text that is no number, and 0, count as not given, as in cluster-client. */
export function fromEnvironment(text: string | undefined): number | undefined {
  return Number.parseInt(text ?? '', 10) || undefined;
}

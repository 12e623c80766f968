import { type Endpoint, endpointOf, unixEndpoint } from './endpoint.js';
import { invalid, requiredInteger } from './options.js';
import { unixPath } from './unix-path.js';

/** The options for the place that the processes of a machine compete for. */
export interface MeetingOptions {
  readonly port: unknown;
  readonly path: unknown;
  /** Whether the processes speak TLS. @default false */
  readonly hasTls?: boolean;
}

/**
 * Checks where the processes of a machine meet: at a port of 127.0.0.1, or at a unix socket, which programs of other users cannot
 * reach. A path may be given as the port too, as to Node's `listen`. `prefix`: that of the options in a message. Throws
 * {@link RpcCode.InvalidArgument}.
 */
export function meetingPlace({ port, path, hasTls = false }: MeetingOptions, prefix = ''): Endpoint {
  const isPath = path !== undefined || (typeof port === 'string' && port.includes('/'));
  if (isPath && hasTls)
    throw invalid(
      `${prefix}tls cannot be combined with the path of a socket, which only this user's programs reach: leave one of them out`,
    );
  if (path !== undefined) {
    if (port === undefined) return unixEndpoint(unixPath(`${prefix}path`, path));
    throw invalid(`${prefix}path cannot be combined with ${prefix}port: leave one of them out`);
  }
  if (typeof port === 'string' && port.includes('/'))
    return unixEndpoint(unixPath(`${prefix}port`, port.replace(/^unix:/i, '')));
  return endpointOf({ transport: hasTls ? 'tls' : 'tcp', port: requiredInteger(`${prefix}port`, port, 1, 65_535) });
}

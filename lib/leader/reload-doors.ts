import { invalid } from '../options.js';
import type { TlsMaterial } from '../transport/tls-material.js';
import type { TlsOptions } from '../transport/tls-options.js';
import type { Door } from './doors.js';

/**
 * Reloads the certificates of a server's places: from their files or, for the places without TLS options of their own, from `given`.
 * Throws {@link RpcCode.InvalidArgument} and {@link RpcCode.Certificate}.
 */
export function reloadDoors(doors: readonly Door[], given: TlsOptions | undefined): void {
  const own = new Set<TlsMaterial>();
  const shared = new Set<TlsMaterial>();
  for (const { tls, hasOwnTls } of doors) if (tls !== undefined) (hasOwnTls ? own : shared).add(tls);
  if (own.size + shared.size === 0) throw invalid('reloadTls() has nothing to reload: the server was made without tls');
  if (given !== undefined && shared.size === 0)
    throw invalid(
      'reloadTls() takes no options here: each place has tls of its own, whose files are read again without options',
    );
  for (const tls of shared) tls.replace(given);
  for (const tls of own) tls.replace();
}

/** Log line for files that have changed and cannot be used. The error names the option. */
export function reloadFailed(error: Error): string {
  return `mailstation: changed certificate files are not used, and the former certificate stays: ${error.message}`;
}

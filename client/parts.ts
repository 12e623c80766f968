import type { Secrets } from '../lib/auth/secrets.js';
import type { Logger } from '../lib/diagnostics.js';
import type { ReadTls } from '../mailbox/shared/options.js';
import type { MakeMailBoxSharing } from '../mailbox/shared/sharing.js';
import type { ModuleLoader } from '../proxy/index.js';
import type { ResolvedMailStationOptions } from '../station/index.js';

/** Parts that a client takes from its platform: each platform has a client of its own, such as that of `node-client.ts`. */
export interface ClientParts {
  /** Lists the remote modules under a record's path. Without a loader, records with a path are rejected. */
  readonly loadModules?: (
    ...args: [...Parameters<ModuleLoader>, logger: Logger, isForPomelo: boolean]
  ) => ReturnType<ModuleLoader>;
  /** Makes what shares mailboxes. Without this part, the option `share` is rejected. */
  readonly shareMailBoxes?: (options: ResolvedMailStationOptions) => MakeMailBoxSharing | undefined;
  /** Reads the option `secret`. Without this part, the option is rejected. */
  readonly readSecret?: (name: string, given: unknown, logger: Logger) => Secrets | undefined;
  /** Reads TLS options. Without this part, the options `tls` and `share.tls` are rejected. */
  readonly readTls?: ReadTls;
  /**
   * Lists of servers and of records are taken as pomelo-rpc takes them, see {@link RpcClient}, and proxies that do not
   * exist are `undefined`. @default false
   */
  readonly takesAnyList?: boolean;
}

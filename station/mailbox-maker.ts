import type { ServerInfo } from '../lib/server-info.js';
import {
  type ConnectHooks,
  CustomMailBoxAdapter,
  LineMailBox,
  type MailBox,
  PreparedMailBox,
} from '../mailbox/index.js';
import type { ResolvedMailStationOptions } from './options.js';

/** Makes the mailbox of a server. */
export type MakeMailBox = (server: ServerInfo) => MailBox;

export interface MakeMailBoxParts {
  /** Makes mailboxes of another kind than the options ask for. */
  readonly make?: MakeMailBox | undefined;
  /** Hooks that prepare fresh connections. */
  readonly hooks?: ConnectHooks | undefined;
}

/** The function that makes the mailboxes of a station. A mailbox is prepared where hooks exist for its server. */
export function mailboxMaker(options: ResolvedMailStationOptions, { make, hooks }: MakeMailBoxParts): MakeMailBox {
  const bare = make ?? bareMaker(options);
  if (hooks === undefined) return bare;
  return (server) => {
    const made = bare(server);
    return hooks.of(server).length > 0 ? new PreparedMailBox(made, hooks, options.logger) : made;
  };
}

function bareMaker({ mailboxFactory, mailbox: options, given }: ResolvedMailStationOptions): MakeMailBox {
  if (mailboxFactory === undefined) return (server) => new LineMailBox(server, options);
  return (server) => new CustomMailBoxAdapter(server, mailboxFactory, options, given);
}

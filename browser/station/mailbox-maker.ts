import type { ServerInfo } from '../../lib/server-info.js';
import { LineMailBox } from '../../mailbox/line-mailbox.js';
import type { MailBox } from '../../mailbox/mailbox.js';
import type { ResolvedMailStationOptions } from './options.js';

/** Makes the mailbox of a server. */
export type MakeMailBox = (server: ServerInfo) => MailBox;

/** A page has one kind of mailbox, and no hooks. */
export type MakeMailBoxParts = Readonly<Record<string, never>>;

/** The function that makes the mailboxes of a page's station. */
export function mailboxMaker({ mailbox }: ResolvedMailStationOptions, _parts: MakeMailBoxParts): MakeMailBox {
  return (server) => new LineMailBox(server, mailbox);
}

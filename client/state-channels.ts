import {
  type MailboxStateMessage,
  mailboxStateChannel,
  type ServerEjectedMessage,
  serverEjectedChannel,
} from '../lib/channels.js';
import type { MailStation } from '../station/index.js';

/** Publishes the states of a client's servers on the plain channels that have a subscriber. */
export function publishStates(station: MailStation): void {
  station.on('mailbox', (serverId, to, from, reason) => {
    if (!mailboxStateChannel.hasSubscribers) return;
    mailboxStateChannel.publish({ serverId, to, from, reason } satisfies MailboxStateMessage);
  });
  station.on('eject', (serverId, reason, ms) => {
    if (!serverEjectedChannel.hasSubscribers) return;
    serverEjectedChannel.publish({ serverId, reason, ms } satisfies ServerEjectedMessage);
  });
}

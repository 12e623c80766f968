import {
  calls,
  exposedStack,
  heartbeats,
  heartbeatsOfServers,
  json,
  refusals,
  strangers,
} from './call-conversations.js';
import { sharedClient, stockFollower, stockLeader, transcodedClient } from './cluster-conversations.js';
import type { Conversation } from './conversation.js';
import { missingSecrets, secrets, tokens, wrongSecrets } from './secret-conversations.js';
import { sharedMailBoxes } from './share-conversation.js';
import { relayedStreams, streams, uploads } from './stream-conversation.js';
import { relayedTraces, traces } from './trace-conversation.js';

/** By name, in the order in which they are recorded. */
export const CONVERSATIONS: Readonly<Record<string, Conversation>> = {
  calls,
  'calls with exposeStack': exposedStack,
  'calls in json': json,
  'heartbeats of a client': heartbeats,
  'heartbeats of a server': heartbeatsOfServers,
  'a refused registration': refusals,
  'requests of strangers': strangers,
  'a registration with a secret': secrets,
  'a registration with another secret': wrongSecrets,
  'a registration without the secret': missingSecrets,
  'a registration with a token': tokens,
  'streams of results': streams,
  uploads,
  'calls with a trace context': traces,
  'a shared client': sharedClient,
  'a shared client that leads a stock Follower': stockFollower,
  'a shared client that follows a stock Leader': stockLeader,
  'a shared client with a transcode': transcodedClient,
  'shared mailboxes': sharedMailBoxes,
  'streams through shared mailboxes': relayedStreams,
  'calls with a trace context through shared mailboxes': relayedTraces,
};

import { type BroadcastMessage, broadcastChannel, surrounded } from '../lib/channels.js';
import type { AroundBroadcast } from '../proxy/index.js';

/** Publishes a call of all servers on `mailstation:broadcast`, where the channel has a subscriber. */
export const publishBroadcast: AroundBroadcast = (method, kind, work) => {
  if (!broadcastChannel.hasSubscribers) return work();
  const message: BroadcastMessage = { method: method.name, serverType: method.serverType, kind };
  let working = work;
  try {
    broadcastChannel.start.runStores(message, () =>
      surrounded(message, () => {
        const outcomes = work();
        working = () => outcomes;
      }),
    );
  } finally {
    broadcastChannel.end.publish(message);
  }
  return working().then(
    (outcomes) => {
      const failures = outcomes?.filter(({ status }) => status === 'rejected');
      if (failures !== undefined) message.failed = failures.length;
      ended(message, failures?.[0]?.reason);
      return outcomes;
    },
    (error: Error) => {
      ended(message, error);
      throw error;
    },
  );
};

function ended(message: BroadcastMessage, error: Error | undefined): void {
  if (error !== undefined) {
    message.error = error;
    broadcastChannel.error.publish(message);
  }
  broadcastChannel.asyncStart.publish(message);
  broadcastChannel.asyncEnd.publish(message);
}

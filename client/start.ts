import { RpcCode, RpcError } from '../lib/errors.js';
import type { MailStation } from '../station/index.js';
import { cannotStart } from './arguments.js';
import type { FollowedRoster } from './followed-roster.js';

/** Starts the station of a client: at once, or with the first list of its registry. A client without a list is closed. */
export async function startClient(station: MailStation, roster: FollowedRoster | undefined): Promise<void> {
  if (roster === undefined ? !station.start() : !station.begin())
    throw new RpcError(RpcCode.Closed, cannotStart(station.state));
  if (roster === undefined) return;
  try {
    await roster.start();
  } catch (error) {
    roster.close();
    await station.stop(true);
    throw error;
  }
  station.start();
}

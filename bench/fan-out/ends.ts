/** Both ends of what the bench measures. */
import type { HostList } from './value.js';

export interface Ends {
  /** Starts the Leader, and resolves with what gives a value to all Followers. */
  lead(port: number): Promise<(value: HostList) => void>;
  /** Starts so many Followers, and resolves when the Leader has all their subscriptions. */
  follow(port: number, count: number, onValue: (follower: number, value: HostList) => void): Promise<void>;
}

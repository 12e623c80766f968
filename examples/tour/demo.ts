import type { Client } from 'mailstation';
import type { Remotes } from './remotes.js';
import type { Report } from './report.js';
import type { RunningServer, Servers } from './servers.js';
import type { Tally } from './tally.js';

/** What every step of the demo is given. */
export interface Demo {
  readonly client: Client<Remotes>;
  readonly proxies: Client<Remotes>['proxies'];
  readonly servers: Servers;
  /** As they were started. */
  readonly roster: readonly RunningServer[];
  readonly tally: Tally;
  readonly report: Report;
}

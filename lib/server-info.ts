export type NonEmpty<T> = readonly [T, ...T[]];

/** How a server is reached. `tcp` unless said otherwise. */
export type TransportName = 'tcp' | 'ws';

/** One remote server, as pomelo's users write it. */
export interface ServerInfo {
  /** Unique over all types. */
  readonly id: string;
  readonly serverType: string;
  /** @default '127.0.0.1' */
  readonly host?: string;
  readonly port: number;
  /** For weighted routers. Range: above 0. @default 1 */
  readonly weight?: number;
  /** @default 'tcp' */
  readonly transport?: TransportName;
  /** Whatever else a user's own routers want to see. */
  readonly [key: string]: unknown;
}

/** Who connected, as pomelo-rpc's acceptors say it. */
export interface ConnectedPeer {
  /** Unique among the connections of this server, past ones included. */
  readonly id: string;
  /** Its address; that of IPv4 also where it arrived over IPv6. */
  readonly ip: string;
  /** Address and port, as in messages: `127.0.0.1:51234`, `ws://127.0.0.1:51234`. */
  readonly peer: string;
}

/** Where a server is when its roster entry does not say, and where one listens unless told otherwise. */
export const DEFAULT_HOST = '127.0.0.1';

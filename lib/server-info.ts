import type { CallerIdentity } from './identity.js';

export type NonEmpty<T> = readonly [T, ...T[]];

/** Transport of a connection: TCP, TCP under TLS, a unix domain socket, a WebSocket, or a WebSocket under TLS. */
export type TransportName = 'tcp' | 'tls' | 'unix' | 'ws' | 'wss';

/** Entry of a client's roster: one server, and where it listens. Source: pomelo-rpc. */
export interface ServerInfo {
  /** Id of the server, unique over all types. A later entry with the same id replaces the earlier one. */
  readonly id: string;
  /** Type of the server, which calls are routed by. */
  readonly serverType: string;
  /** Address or name of the server, without a scheme or a port. `::1` is 127.0.0.1. @default '127.0.0.1' */
  readonly host?: string | undefined;
  /** Port of the server. Range: 1 to 65535. */
  readonly port: number;
  /**
   * Place of the server, in place of host, port and transport: `tcp://host:port`, `ws://host:port/path` or `unix:/path`. Host, port
   * and transport of the entry are filled in; a unix socket has no host and the port 0. A URL of another scheme, beside a port, is
   * a further field.
   */
  readonly url?: string | undefined;
  /** Weight for weighted routers. Range: above 0. @default 1 */
  readonly weight?: number | undefined;
  /** Transport that the server listens with. A unix socket needs a `url`. Range: 'tcp' or 'ws'. @default 'tcp' */
  readonly transport?: TransportName | undefined;
  /** Further fields, for custom routers. */
  readonly [key: string]: unknown;
}

/** Entry of a client's roster that says by a URL where the server listens. */
export interface ServerAtUrl {
  /** Id of the server, unique over all types. A later entry with the same id replaces the earlier one. */
  readonly id: string;
  /** Type of the server, which calls are routed by. */
  readonly serverType: string;
  /** Place of the server: `tcp://host:port`, `ws://host:port/path` or `unix:/path`. */
  readonly url: string;
  /** Weight for weighted routers. Range: above 0. @default 1 */
  readonly weight?: number | undefined;
  /** Missing: the URL has the host. */
  readonly host?: undefined;
  /** Missing: the URL has the port. */
  readonly port?: undefined;
  /** Missing: the URL has the transport. */
  readonly transport?: undefined;
  /** Further fields, for custom routers. */
  readonly [key: string]: unknown;
}

/**
 * Entry of a roster as the configuration of a pomelo project has it. A server without a port (a gate has only the port of
 * its game clients) is known and cannot be called. A server without a type can be called by its id only.
 */
export interface ServerEntry {
  /** Id of the server, unique over all types. */
  readonly id: string;
  /** Type of the server, which calls are routed by. */
  readonly serverType?: string | null | undefined;
  /** Address of the server. */
  readonly host?: string | null | undefined;
  /** Port of the server. */
  readonly port?: number | string | null | undefined;
  /** Further fields, those of {@link ServerInfo} among them. */
  readonly [key: string]: unknown;
}

/** A connected caller. Source: pomelo-rpc's acceptors. */
export interface ConnectedPeer {
  /**
   * In `callContext().caller`: the `clientId` that the caller gave itself, or without one the number of the connection. Not
   * proved by anything: do not decide on the id who may call. In the events `connection` and `disconnection`: the number of
   * the connection. Methods of a `cluster()` client get the option `clientId` of the caller's process.
   */
  readonly id: string;
  /** Number of the connection, unique among the connections of the server, past ones included; in `callContext().caller`. */
  readonly connectionId?: string;
  /** Identity of the caller: verified by the server, or only claimed by the caller. Missing before the registration. */
  readonly identity?: CallerIdentity;
  /** Address of the caller; an IPv4 address also where the caller arrived over IPv6, and 127.0.0.1 over a unix socket. */
  readonly ip: string;
  /** Address and port, as in messages: `127.0.0.1:51234`, `ws://127.0.0.1:51234`, and for a unix socket its path and a number. */
  readonly peer: string;
}

export const SERVER_INFO_DEFAULTS = Object.freeze({ host: '127.0.0.1', transport: 'tcp', weight: 1 } as const);

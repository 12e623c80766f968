import type { Client, Server, ServerOptions } from 'mailstation';

/** A way in which the calls of both ends are watched. */
export interface Watched {
  readonly server: Partial<ServerOptions>;
  watchServer?(server: Server): Promise<void>;
  watchClient?(client: Client): Promise<void>;
}

/** The ways, by name. The first one watches nothing, and is what the others are compared with. */
export const WATCHED = {
  off: { server: { callStats: false } },
  counting: { server: { callStats: true } },
  metrics: {
    server: { callStats: true },
    async watchServer(server) {
      const { createMetrics } = await import('mailstation/metrics');
      createMetrics({ servers: [server] });
    },
    async watchClient(client) {
      const { createMetrics } = await import('mailstation/metrics');
      createMetrics({ clients: [client] });
    },
  },
} as const satisfies Readonly<Record<string, Watched>>;

export type WatchedName = keyof typeof WATCHED;

/** The default of the package for a name that is not given. */
export function watchedBy(name: string | null): Watched {
  return name === null ? { server: {} } : WATCHED[name as WatchedName];
}

/** What this application hands to its remote modules: `context` of createServer, and of createClient. */
export interface Context {
  readonly serverId: string;
}

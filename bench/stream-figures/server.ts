import { createServer, type Logger, type Server } from 'mailstation';

/** The server of the figures, with the default options. */

export const SERVER = { id: 'figures-1', serverType: 'store', host: '127.0.0.1' };
export const NAMESPACE = 'user';
export const REMOTE = new URL(import.meta.resolve('./remote/figures.js'));

/** The line of each start would be between the lines of the report. */
export const LOGGER: Logger = { info: () => {}, warn: console.error, error: console.error };

export async function serve(): Promise<Server> {
  const server = createServer({ ...SERVER, port: 0, paths: [{ namespace: NAMESPACE, path: REMOTE }], logger: LOGGER });
  await server.start();
  return server;
}

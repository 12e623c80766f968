import { callContext, createServer, type Server, type ServerOptions } from '../../index.js';
import { readText } from '../architecture/house.js';

const SERVER = 'ws://127.0.0.1:3100';
const ORIGIN = 'http://127.0.0.1:8100';

function block(language: string): string {
  const found = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'ms').exec(readText('docs/browser.md'))?.[1];
  if (found === undefined) throw new Error(`docs/browser.md has no block of ${language}`);
  return found;
}

type Run = (names: { callContext: unknown; createServer: unknown }) => Promise<Server>;

/** Runs the server of docs/browser.md at a free port, for pages of an origin. */
export async function startDocsServer(origin: string): Promise<Server> {
  const body = block('js').replace(/^import .*$/m, 'const { callContext, createServer } = names;');
  const code = `${body.replace(SERVER, 'ws://127.0.0.1:0').replace(ORIGIN, origin)}\nreturn server;`;
  const AsyncFunction = (async () => {}).constructor as new (name: string, code: string) => Run;
  const logger = { info() {}, warn() {}, error() {} };
  const quiet = (options: ServerOptions): Server => createServer({ ...options, logger });
  return new AsyncFunction('names', code)({ callContext, createServer: quiet });
}

/** The page of docs/browser.md, for the server at a URL. */
export function docsHtml(url: string): string {
  return block('html').replace(SERVER, url);
}

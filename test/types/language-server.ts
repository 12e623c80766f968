import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ROOT } from '../architecture/house.js';
import { TSC } from './compiler.js';

interface Answer {
  readonly id?: number | string;
  readonly method?: string;
  readonly params?: { readonly items?: readonly unknown[] };
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

interface Location {
  readonly uri: string;
  readonly range: { readonly start: { readonly line: number } };
}

interface Hover {
  readonly contents: { readonly value: string };
}

const HEADER_END = '\r\n\r\n';

/** The compiler as editors talk to it, over the Language Server Protocol. */
export class LanguageServer {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #received = Buffer.alloc(0);
  #lastId = 0;

  static async start(t: TestContext): Promise<LanguageServer> {
    const server = new LanguageServer();
    t.after(() => server.#stop());
    const rootUri = pathToFileURL(ROOT).href;
    await server.#request('initialize', { processId: process.pid, rootUri, capabilities: {} });
    server.#send({ method: 'initialized', params: {} });
    return server;
  }

  private constructor() {
    this.#child = spawn(process.execPath, [TSC, '--lsp', '--stdio'], { stdio: ['pipe', 'pipe', 'ignore'] });
    this.#child.stdin?.on('error', () => {}); // it is gone: then its exit fails what waits
    this.#child.stdout?.on('data', (chunk: Buffer) => this.#receive(chunk));
    this.#child.on('exit', (code) => {
      for (const settle of this.#waiting.values()) settle({ error: { message: `it exited with ${code}` } });
    });
  }

  /** Where "go to definition" leads from the first place of `code` at `at`: `file: text of the line`. */
  async definitions(file: string, code: string, at: string): Promise<string[]> {
    const found = await this.#ask('textDocument/definition', file, code, at);
    return ([found ?? []].flat() as Location[]).map(describe);
  }

  /** Text that an editor shows over the first place of `code` at `at`. */
  async hover(file: string, code: string, at: string): Promise<string> {
    const found = (await this.#ask('textDocument/hover', file, code, at)) as Hover | null;
    return found?.contents.value ?? '';
  }

  async #ask(method: string, file: string, code: string, at: string): Promise<unknown> {
    const text = readFileSync(file, 'utf8');
    const index = text.indexOf(code) + code.indexOf(at);
    if (!text.includes(code) || !code.includes(at)) throw new Error(`${file} has no ${at} in ${code}`);
    const before = text.slice(0, index).split('\n');
    const position = { line: before.length - 1, character: before.at(-1)?.length };
    const uri = pathToFileURL(file).href;
    this.#send({
      method: 'textDocument/didOpen',
      params: { textDocument: { uri, languageId: 'typescript', version: 1, text } },
    });
    const found = await this.#request(method, { textDocument: { uri }, position });
    this.#send({ method: 'textDocument/didClose', params: { textDocument: { uri } } });
    return found;
  }

  async #request(method: string, params: unknown): Promise<unknown> {
    const id = ++this.#lastId;
    const answer = new Promise<Answer>((resolve) => this.#waiting.set(id, resolve));
    this.#send({ id, method, params });
    const { result, error } = await answer;
    this.#waiting.delete(id);
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result;
  }

  #send(message: object): void {
    const body = JSON.stringify({ jsonrpc: '2.0', ...message });
    this.#child.stdin?.write(`Content-Length: ${Buffer.byteLength(body)}${HEADER_END}${body}`);
  }

  #receive(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    for (;;) {
      const start = this.#received.indexOf(HEADER_END) + HEADER_END.length;
      const length = Number(/Content-Length: (\d+)/i.exec(this.#received.toString('latin1', 0, start))?.[1]);
      if (start < HEADER_END.length || this.#received.length < start + length) return;
      const message = JSON.parse(this.#received.toString('utf8', start, start + length)) as Answer;
      this.#received = this.#received.subarray(start + length);
      if (message.method === undefined) this.#waiting.get(Number(message.id))?.(message);
      // What the server asks of its editor (its settings, to be told of changes) has no answer here.
      else if (message.id !== undefined) {
        this.#send({ id: message.id, result: message.params?.items?.map(() => null) ?? null });
      }
    }
  }

  /** Without its input the server ends by itself. */
  async #stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const exited = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.stdin?.end();
    await exited;
  }
}

function describe({ uri, range }: Location): string {
  const file = fileURLToPath(uri);
  const line = readFileSync(file, 'utf8').split('\n')[range.start.line] ?? '';
  return `${file.slice(ROOT.length).replaceAll('\\', '/')}: ${line.trim()}`;
}

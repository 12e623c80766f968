import { it, type TestContext } from 'node:test';

/**
 * - `same`: as in pomelo-rpc, or cluster-client
 * - `better`: the same for who calls it, and more beside
 * - `renamed`: there under another name
 * - `retired`: not there, for a reason; it is refused or answered with a clear error
 * - `open`: not there yet
 */
export type Standing = 'same' | 'better' | 'renamed' | 'retired' | 'open';

export interface Row {
  /** `client.07`, `server.03`, `shared.05`, `fault.08`; parts of a row have a word behind it: `client.01.router`. */
  readonly id: string;
  /** What pomelo-rpc, pinus-rpc or cluster-client does; for a fault, what its user sees there. */
  readonly theirs: string;
  readonly standing: Standing;
  /** What it is here, in a sentence. For `retired` and `open`: why, and what to do instead. */
  readonly ours: string;
}

type Body = (t: TestContext) => Promise<void> | void;

let collected: Row[] | undefined;

/** A row of docs/parity.md, and the test that shows what it says. One is not to be had without the other. */
export function row(id: string, theirs: string, { is, ours }: { is: Standing; ours: string }, body: Body): void {
  if (collected !== undefined) collected.push({ id, theirs, standing: is, ours });
  else it(`${id}: ${theirs} [${is}]`, body);
}

/** A fault of the libraries that mailstation follows, named by what their users see, and the test that it is not here. */
export function fault(number: number, title: string, told: { theirs: string; ours: string }, body: Body): void {
  const id = `fault.${String(number).padStart(2, '0')}`;
  if (collected !== undefined) collected.push({ id, theirs: told.theirs, standing: 'better', ours: told.ours });
  else it(`fault ${number}: ${title}`, body);
}

/** Imports test files for their rows alone: no test of theirs is run. Each file gives its rows once a process. */
export async function collectRows(files: readonly URL[]): Promise<Row[]> {
  collected = [];
  try {
    for (const file of files) await import(file.href);
    return collected;
  } finally {
    collected = undefined;
  }
}

import type { TestContext } from 'node:test';
import { makeGate } from '../behaviour/support.js';
import type { Package } from '../support/frozen.js';
import type { Tap } from './tap.js';

/** Far longer than the recording takes: no heartbeat comes between. ms */
export const NEVER_MS = 600_000;

export type Scope = Pick<TestContext, 'after'>;
type Answer = (error: Error | null, ...results: unknown[]) => void;

/** An error whose stack is the same on every machine. */
function boom(): Error {
  const error = Object.assign(new RangeError('boom'), { code: 'E_BOOM' });
  error.stack = 'RangeError: boom\n    at seats.js:7:9';
  return error;
}

/** Methods of the server in all conversations. `gate` holds some of its calls. */
export function makeService() {
  const gate = makeGate();
  const methods = {
    nothing: (answer: Answer) => answer(null),
    first: (...args: [...unknown[], Answer]) => (args.at(-1) as Answer)(null, args[0]),
    all: (...args: [...unknown[], Answer]) => (args.at(-1) as Answer)(null, ...args.slice(0, -1)),
    fail: (answer: Answer) => answer(boom()),
    wait: (answer: Answer) => void gate.pass().then(() => answer(null, 'waited')),
    hang: (_callback: unknown) => {},
  };
  return { gate, methods };
}

/** Two ends of a package, which are made to send to each other all that they can. */
export type Conversation = (t: Scope, pack: Package) => Promise<Tap>;

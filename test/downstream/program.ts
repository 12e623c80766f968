import type { Difference } from './compare.js';
import type { Dependencies } from './install.js';

/** A program that runs with an original package and with ours, and the lines that may differ. */
export interface Program extends Dependencies {
  readonly name: string;
  /** Environment of the program. */
  readonly env?: Readonly<Record<string, string>>;
  /** Why the program cannot run on this machine. @default the program runs */
  readonly skip?: string;
  readonly differences: readonly Difference[];
}

import type { Command } from 'commander';
import type { ExitCode } from './exit-code.js';
import type { Io } from './io.js';
import type { Output } from './output.js';

/** Surroundings of the action of a verb, beside its arguments. */
export interface Running {
  readonly io: Io;
  readonly out: Output;
}

/**
 * A verb of the command: one file in `cli/verbs/`, listed in `cli/verbs.ts`. `add` declares arguments, options and examples on a command of
 * commander, and returns nothing.
 */
export interface Verb {
  /** Name on the command line. */
  readonly name: string;
  /** One line for the list of verbs. */
  readonly summary: string;
  /** Command lines with what they do, for the help. */
  readonly examples: readonly (readonly [command: string, does: string])[];
  /**
   * Declares arguments and options. The returned function runs the verb with the parsed arguments and options; its result is the exit code, and
   * nothing means 0. Failures are thrown: `CommandError`, or any error with a code of docs/errors.md.
   */
  declare(
    command: Command,
  ): (running: Running, args: readonly unknown[], flags: never) => Promise<ExitCode | undefined>;
}

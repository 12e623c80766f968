import { CommanderError } from 'commander';
import { codeOf } from '../lib/error-parts.js';
import { hasCode, messageOf, RpcCode, toError } from '../lib/errors.js';
import { printable } from '../lib/quoted.js';

/** Exit codes of the command, by class. docs/cli.md has the table. */
export const ExitCode = {
  /** Everything that was asked for was done. */
  Ok: 0,
  /** The method failed, or the server refused the call. */
  Failed: 1,
  /** The command line is wrong: an option, an address, an argument, a file. Nothing was sent. */
  Usage: 2,
  /** The server, or the registry, cannot be reached, or did not let this end in. */
  Unreachable: 3,
  /** No answer came in time. */
  Late: 4,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** Failure in words of its own, with the exit code. */
export class CommandError extends Error {
  readonly exitCode: ExitCode;
  /** End of the sentence, which stays whole where a long message is cut: names and codes of the failure. */
  readonly codes: readonly string[];

  constructor(exitCode: ExitCode, message: string, ...codes: readonly string[]) {
    super(message);
    this.name = 'CommandError';
    this.exitCode = exitCode;
    this.codes = codes;
  }
}

/** A wrong command line. The message says what is wrong, and what is right. */
export function usage(message: string): CommandError {
  return new CommandError(ExitCode.Usage, message);
}

const UNREACHABLE: readonly string[] = [
  RpcCode.Certificate,
  RpcCode.Closed,
  RpcCode.Connect,
  RpcCode.ConnectionLost,
  RpcCode.NoServer,
  RpcCode.PeerSilent,
  RpcCode.Protocol,
  RpcCode.Register,
  RpcCode.Registry,
  RpcCode.ServerRemoved,
  RpcCode.StaleLeader,
  RpcCode.Stopping,
  RpcCode.Unauthenticated,
];
const USAGE: readonly string[] = [RpcCode.InvalidArgument, RpcCode.Encode];

/** Class of a failure with a code of docs/errors.md. */
export function exitCodeOf(code: string): ExitCode {
  if (code === RpcCode.Timeout) return ExitCode.Late;
  if (UNREACHABLE.includes(code)) return ExitCode.Unreachable;
  return USAGE.includes(code) ? ExitCode.Usage : ExitCode.Failed;
}

/** Options of the command that a failure asks for, as the end of a sentence; empty for other failures. */
export function optionsFor(error: unknown): string {
  if (hasCode(error, [RpcCode.Unauthenticated])) return '; --secret-file, --secret and --token prove who calls';
  if (hasCode(error, [RpcCode.Certificate])) return '; --ca, --cert and --key give certificates';
  return '';
}

/** The end of a command that failed: the exit code, and the sentence for stderr. No sentence where the text is there already. */
export function endOf(thrown: unknown): { readonly exitCode: number; readonly sentence: string | undefined } {
  if (thrown instanceof CommanderError) return endOfUsage(thrown);
  if (thrown instanceof CommandError) {
    const { exitCode, message, codes } = thrown;
    const shown = codes.length === 0 ? '' : ` (${codes.map(printable).join(', ')})`;
    return { exitCode, sentence: printable(message) + shown };
  }
  const error = toError(thrown);
  const code = codeOf(error);
  if (typeof code === 'string' && code.startsWith('ERR_RPC_')) {
    const shown = code === RpcCode.InvalidArgument ? '' : ` (${code})`;
    return { exitCode: exitCodeOf(code), sentence: printable(messageOf(error) + optionsFor(error)) + shown };
  }
  return { exitCode: ExitCode.Failed, sentence: `a fault of this program: ${printable(error.stack ?? error.message)}` };
}

/** Where to read on, by the code of commander, for mistakes whose sentence does not say what is right. */
const WITH_HELP: ReadonlyMap<string, string> = new Map([
  ['commander.unknownCommand', '; `mailstation help` lists the verbs'],
  ['commander.missingArgument', '; `mailstation help <verb>` has the arguments and examples'],
]);

/** commander has printed the help where help was asked for. */
function endOfUsage({ exitCode, code, message }: CommanderError): ReturnType<typeof endOf> {
  if (exitCode === 0) return { exitCode: ExitCode.Ok, sentence: undefined };
  if (code === 'commander.help') return { exitCode: ExitCode.Usage, sentence: undefined };
  const sentence = message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ');
  return { exitCode: ExitCode.Usage, sentence: printable(sentence) + (WITH_HELP.get(code) ?? '') };
}

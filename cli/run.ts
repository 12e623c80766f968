import { Command } from 'commander';
import { PACKAGE } from '../lib/package.js';
import { ExitCode, endOf } from './exit-code.js';
import { columnsOf, type Io } from './io.js';
import { Output } from './output.js';
import type { Verb } from './verb.js';

const ABOUT = 'Calls the methods of mailstation servers, and looks inside the servers.';
const EXIT_CODES = `Exit codes:
  0  done
  1  the method failed, or the server refused the call
  2  the command line is wrong
  3  the server cannot be reached
  4  no answer in time`;

/** Runs a command line, and resolves to the exit code. Never rejects. The first line of a failure is on stderr by then. */
export async function run(argv: readonly string[], io: Io, verbs: readonly Verb[]): Promise<number> {
  let exitCode: number = ExitCode.Ok;
  const program = programOf(io, verbs, (code) => {
    exitCode = code;
  });
  try {
    if (argv.length === 0) program.help({ error: true });
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (io.closed.aborted) return ExitCode.Ok; // the reader has what it wanted
    const end = endOf(error);
    if (end.sentence !== undefined) io.stderr.write(`mailstation: ${end.sentence}\n`);
    return end.exitCode;
  }
}

function programOf(io: Io, verbs: readonly Verb[], onExit: (code: number) => void): Command {
  const program = new Command('mailstation')
    .description(ABOUT)
    .version(PACKAGE.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [verb]', 'print the help of a verb')
    .addHelpText('after', `\n${EXIT_CODES}\n\n\`mailstation help <verb>\` has examples of each verb.`);
  configure(program, io);
  for (const verb of verbs) addVerb(program, verb, io, onExit);
  return program;
}

function addVerb(program: Command, verb: Verb, io: Io, onExit: (code: number) => void): void {
  const command = program.command(verb.name).description(verb.summary);
  const action = verb.declare(command);
  command
    .option('--json', 'print JSON for programs: one document, or one in each line for streams')
    .option('--no-color', 'print without colours, as with NO_COLOR in the environment')
    .helpOption('-h, --help', 'print this help')
    .addHelpText('after', exampleText(verb))
    .action(async (...given: unknown[]) => {
      const flags = command.opts();
      const args = given.slice(0, -2); // behind them are the options and the command
      if (flags['color'] === false) {
        io.env['NO_COLOR'] = '1';
        delete io.env['FORCE_COLOR'];
      }
      const running = { io, out: new Output(io, flags['json'] === true) };
      onExit((await action(running, args, flags as never)) ?? ExitCode.Ok);
    });
  configure(command, io);
}

function configure(command: Command, io: Io): void {
  command
    .exitOverride()
    .showHelpAfterError(false)
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      outputError: () => {}, // run() prints the sentence
      getOutHelpWidth: () => columnsOf(io.stdout) ?? 80,
      getErrHelpWidth: () => columnsOf(io.stderr) ?? 80,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .configureHelp({ showGlobalOptions: false });
}

function exampleText({ examples }: Verb): string {
  if (examples.length === 0) return '';
  return ['', 'Examples:', ...examples.flatMap(([line, does]) => [`  ${does}`, `    $ ${shellLine(line)}`])].join('\n');
}

/** An example as a shell takes it: the command stands in front, unless the line already runs it behind a pipe. */
function shellLine(line: string): string {
  return line.includes('| mailstation ') ? line : `mailstation ${line}`;
}

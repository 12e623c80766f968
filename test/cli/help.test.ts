import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { run } from '../../cli/run.js';
import { VERBS } from '../../cli/verbs.js';
import { PACKAGE } from '../../lib/package.js';
import { readText } from '../architecture/house.js';
import { command } from './support.js';

/** The exit code of a command line whose verb does nothing. What stands before and behind the command, such as a pipe, is left out. */
async function parsed(line: string): Promise<number> {
  const own = line.replace(/^.*\bmailstation /, '').replace(/ (?:\||>>?) .*$/, '');
  const words = [...own.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, one, two, bare]) => one ?? two ?? bare ?? '');
  const output = { write: () => true, isTTY: false };
  const io = { stdin: process.stdin, stdout: output, stderr: output, env: {}, closed: new AbortController().signal };
  const idle = VERBS.map((verb) => ({
    ...verb,
    declare: (command: Parameters<typeof verb.declare>[0]) => {
      verb.declare(command);
      return async () => undefined;
    },
  }));
  return run(words, io as never, idle);
}

describe('the help', () => {
  it('lists the verbs and the exit codes, on stdout where it was asked for', async (t) => {
    const { code, stdout, stderr } = await command(t, ['--help']);
    assert.deepEqual([code, stderr], [0, '']);
    for (const { name, summary } of VERBS) assert.match(stdout, new RegExp(`^  ${name}\\b.*\\s${summary}`, 'm'));
    assert.match(stdout, /4 {2}no answer in time/);
  });

  it('is on stderr, with exit code 2, where no verb is given', async (t) => {
    const { code, stdout, stderr } = await command(t, []);
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, /^Usage: mailstation/);
  });

  it('of each verb has examples, and lines of 80 characters', async (t) => {
    for (const { name, examples } of VERBS) {
      const { code, stdout } = await command(t, ['help', name]);
      assert.equal(code, 0);
      assert.ok(examples.length > 0);
      for (const [line] of examples) {
        const shown = line.includes('| mailstation ') ? line : `mailstation ${line}`;
        assert.ok(stdout.includes(`    $ ${shown}\n`), `${name}: ${line}`);
      }
      const prose = stdout.split('\n').filter((line) => !line.startsWith('    $ '));
      assert.deepEqual(
        prose.filter((line) => line.length > 80),
        [],
      );
      assert.deepEqual((await command(t, [name, '--help'])).stdout, stdout);
    }
  });

  it('has examples that the command takes, and so has docs/cli.md', async () => {
    // On the other pages, a block may have several commands, and a text one between backticks.
    const lineOf = ([, line = '']: RegExpMatchArray): string => line;
    const page = [...readText('docs/cli.md').matchAll(/^ {4}npx mailstation (.*)$/gm)].map(lineOf);
    for (const other of ['README.md', 'docs/dashboard.md', 'docs/getting-started.md', 'docs/inspect.md'])
      page.push(...[...readText(other).matchAll(/(?:^|`)npx mailstation ([^`\n]*)/gm)].map(lineOf));
    const lines = [...VERBS.flatMap(({ examples }) => examples.map(([line]) => line)), ...page];
    assert.ok(page.length >= 14, 'no examples were found on the page');
    for (const line of lines) assert.equal(await parsed(line), 0, line);
  });

  it('is there for the version', async (t) => {
    assert.deepEqual(await command(t, ['--version']), { code: 0, stdout: `${PACKAGE.version}\n`, stderr: '' });
  });
});

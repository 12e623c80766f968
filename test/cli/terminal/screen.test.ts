import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { EXTENSION, loaderFlags } from '../../support/loader-flags.js';
import { TestTerminal, withoutTerminal } from '../../support/terminal.js';

const program = fileURLToPath(new URL(`./fixtures/screen-program${EXTENSION}`, import.meta.url));
const COMMAND = [process.execPath, ...loaderFlags(program), program].join(' ');

/** Status of a program that is stopped by SIGTSTP, which is 20. */
const STOPPED = 128 + 20;

interface Running {
  readonly terminal: TestTerminal;
  readonly pid: number;
}

/** Starts the program below a line that the shell has written. */
async function start(t: TestContext, command = COMMAND): Promise<Running> {
  const terminal = await TestTerminal.open(t);
  terminal.run('echo before');
  await terminal.until(/^before$/m);
  terminal.run(command);
  return { terminal, pid: await untilOpen(terminal) };
}

async function untilOpen(terminal: TestTerminal): Promise<number> {
  await terminal.until(/^process \d+$/m);
  await terminal.untilTrue(() => terminal.isRaw, 'raw mode');
  assert.equal(terminal.isAlternate, true);
  assert.equal(terminal.isCursorHidden, true);
  assert.equal(terminal.isWrapping, false);
  return Number(/^process (\d+)$/m.exec(terminal.text)?.[1]);
}

/** The terminal is as the shell left it: its own screen, a cursor, line editing. `status`: exit status that the shell shows. */
async function expectRestored(terminal: TestTerminal, status: number): Promise<void> {
  await terminal.untilTrue(() => !terminal.isAlternate, 'the screen of the shell');
  // The shell edits lines in a mode of its own: what a program of the shell sees counts.
  terminal.run(
    'echo "ended with $?"; stty -a | grep -o -- "-\\?\\bicanon\\|-\\?\\becho\\b\\|-\\?\\bisig" | tr "\\n" " "; echo seen',
  );
  await terminal.until(/^isig icanon echo seen$/m);
  assert.match(terminal.history, new RegExp(`^ended with ${status}$`, 'm'));
  assert.match(terminal.history, /^before$/m);
  assert.equal(terminal.isAlternate, false);
  assert.equal(terminal.isCursorHidden, false);
  assert.equal(terminal.isWrapping, true);
}

describe('a screen', { skip: withoutTerminal }, () => {
  const ends: readonly (readonly [how: string, end: (running: Running) => void, status: number, said?: RegExp])[] = [
    ['a key', ({ terminal }) => terminal.type('q'), 0],
    ['Ctrl-C', ({ terminal }) => terminal.type('\x03'), 0],
    ['SIGINT', ({ pid }) => process.kill(pid, 'SIGINT'), 130],
    ['SIGTERM', ({ pid }) => process.kill(pid, 'SIGTERM'), 143],
    ['SIGHUP', ({ pid }) => process.kill(pid, 'SIGHUP'), 129],
    ['process.exit()', ({ terminal }) => terminal.type('x'), 3],
    ['an uncaught error', ({ terminal }) => terminal.type('e'), 1, /Error: a fault of the program/],
    ['a rejection', ({ terminal }) => terminal.type('r'), 1, /Error: a rejection of the program/],
  ];
  for (const [how, end, status, said] of ends) {
    it(`leaves the terminal as it was, ended by ${how}`, async (t) => {
      const running = await start(t);
      end(running);
      await expectRestored(running.terminal, status);
      if (said !== undefined) assert.match(running.terminal.history, said);
    });
  }

  it('writes each frame in one synchronized piece', async (t) => {
    const { terminal } = await start(t);
    terminal.type('a');
    await terminal.until(/^key a$/m);
    assert.ok(terminal.raw.endsWith('\x1b[?2026h\x1b[3;1H\x1b[2Kkey a\x1b[?2026l'));
  });

  it('follows the size of the terminal', async (t) => {
    const { terminal } = await start(t);
    assert.match(terminal.text, /^size 80x24$/m);
    terminal.resize(40, 10);
    await terminal.until(/^size 40x10\nkey none\n={40}$/m);
    terminal.resize(120, 30);
    await terminal.until(/^size 120x30\nkey none\n={120}$/m);
  });

  it('is suspended by Ctrl-Z, and is there again in the foreground', async (t) => {
    const { terminal } = await start(t);
    terminal.type('\x1a');
    await expectRestored(terminal, STOPPED);
    terminal.resize(60, 12);
    terminal.run('fg');
    await terminal.until(/^size 60x12\nkey none\n={60}$/m);
    await untilOpen(terminal);
    terminal.type('\x1a');
    await terminal.untilTrue(() => !terminal.isAlternate, 'the screen of the shell');
    terminal.run('fg');
    await untilOpen(terminal);
    terminal.type('q');
    await terminal.until(/^before$/m);
    assert.equal(terminal.isAlternate, false);
  });

  it('takes the starting program along when suspended, such as npx', async (t) => {
    const { terminal } = await start(t, `sh -c '${COMMAND}; true'`);
    terminal.type('\x1a');
    await expectRestored(terminal, STOPPED);
    terminal.run('fg');
    await untilOpen(terminal);
  });

  it('is suspended by SIGTSTP', async (t) => {
    const { terminal, pid } = await start(t);
    process.kill(pid, 'SIGTSTP');
    await expectRestored(terminal, STOPPED);
    terminal.run('fg');
    await untilOpen(terminal);
  });

  it('draws all of itself again after SIGSTOP and SIGCONT', async (t) => {
    const { terminal, pid } = await start(t);
    process.kill(pid, 'SIGSTOP');
    await terminal.untilTrue(() => !terminal.isRaw, 'the line editor of the shell');
    const before = terminal.raw.length;
    terminal.run('fg');
    await terminal.untilTrue(() => /size 80x24[\s\S]*key none/.test(terminal.raw.slice(before)), 'a whole picture');
    await untilOpen(terminal);
  });
});

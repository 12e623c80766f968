const { spawn } = require('node:child_process');
const { createWriteStream } = require('node:fs');
const path = require('node:path');

const started = [];
const LOOPBACK = path.join(__dirname, 'loopback.cjs');

/**
 * Starts a process of the program and resolves when the process has printed a text, with what was printed until then. The
 * output goes to a file too.
 *
 * @param {string} name Name of the file in logs/.
 * @param {readonly string[]} args Arguments of node.
 * @param {string} sign Text that shows that the process is ready.
 */
exports.startProcess = (name, args, sign, env = {}) =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...process.env, NODE_OPTIONS: `--require=${LOOPBACK}`, ENDS_WITH_PROGRAM: '1', ...env },
    });
    started.push(child);
    const log = createWriteStream(path.join('logs', `${name}.out`));
    let printed = '';
    const timer = setTimeout(() => reject(new Error(`${name} is not ready:\n${printed}`)), 60_000);
    const read = (chunk) => {
      log.write(chunk);
      printed += chunk;
      if (!printed.includes(sign)) return;
      clearTimeout(timer);
      resolve(printed);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.on('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`${name} ended with ${code}:\n${printed}`));
    });
  });

/** Ends all processes that were started, and resolves when they are gone. */
exports.endProcesses = async (signal = 'SIGKILL') => {
  const running = started.filter((child) => child.exitCode === null && child.signalCode === null);
  await Promise.all(
    running.map((child) => {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill(signal);
      return gone;
    }),
  );
};

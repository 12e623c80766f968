import assert from 'node:assert/strict';
import { open } from 'node:fs';
import { devNull } from 'node:os';
import { describe, it } from 'node:test';
import { DescriptorProbe } from '../../../lib/leader/descriptor-probe.js';
import { mockClock } from '../transport/support.js';

type Opened = (error: NodeJS.ErrnoException | null, fd: number) => void;

function setUp() {
  const lines: string[] = [];
  const asked: Opened[] = [];
  const log = (line: string) => void lines.push(line);
  const openFile = ((_path: string, _flags: string, opened: Opened) => void asked.push(opened)) as typeof open;
  const probe = new DescriptorProbe({ info: log, warn: log, error: log }, 'port 1', openFile);
  return { lines, asked, probe };
}

const EMFILE = Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' });

/** Gives the probe a descriptor that may be closed. */
function succeed(opened: Opened | undefined): Promise<void> {
  return new Promise((resolve) =>
    open(devNull, 'r', (_error, fd) => {
      opened?.(null, fd);
      resolve();
    }),
  );
}

describe('DescriptorProbe', () => {
  it('opens one file soon after a burst of connections, and logs where that fails', async (t) => {
    const clock = mockClock(t);
    const { lines, asked, probe } = setUp();
    for (let i = 0; i < 10; i++) probe.probeSoon();
    assert.equal(asked.length, 0);
    clock.advance(50);
    assert.equal(asked.length, 1);
    asked[0]?.(EMFILE, 0);
    assert.match(
      lines[0] ?? '',
      /new connections to port 1 are closed before they are served, since no file descriptors/,
    );
    probe.probeSoon();
    clock.advance(50);
    assert.equal(asked.length, 1, 'the end of the trouble is found in its own time');
    probe.probe();
    asked[1]?.(EMFILE, 0);
    assert.equal(lines.length, 1);
    probe.probe();
    await succeed(asked[2]);
    assert.deepEqual(lines.slice(1), [
      'mailstation: port 1 accepts connections again, since file descriptors are free',
    ]);
  });
});

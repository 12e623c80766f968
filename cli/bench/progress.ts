import type { WriteStream } from 'node:tty';
import { percent, rate, short, span } from '../terminal/numbers.js';
import { cut } from '../terminal/text.js';
import type { LoadRun } from './load.js';

/** Time between two states of the line. Unit: ms */
const EVERY = 200;

/** Begins the line again and erases it. */
const FRESH_LINE = '\r\x1b[K';

/** Shows on one line of a terminal how far a run has come. Writes nothing elsewhere. Returns the function that erases the line. */
export function showProgress(output: WriteStream, run: LoadRun, what: string): () => void {
  if (!output.isTTY) return () => undefined;
  const show = (): void => {
    output.write(`${FRESH_LINE}${cut(progressText(run, what), Math.max(1, (output.columns || 80) - 1))}`);
  };
  const timer = setInterval(show, EVERY);
  show();
  return () => {
    clearInterval(timer);
    output.write(FRESH_LINE);
  };
}

function progressText(run: LoadRun, what: string): string {
  const { ended, failed, open } = run.tally;
  const perSecond = run.elapsed > 0 ? (ended * 1_000) / run.elapsed : 0;
  const parts = [
    `${rate(perSecond)} calls/s`,
    `${short(failed)} failed`,
    `${short(open)} in flight`,
    span(run.elapsed),
  ];
  return `${what} ${percent(run.progress)}  ${parts.join('  ')}`;
}

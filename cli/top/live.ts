import type { ReadStream, WriteStream } from 'node:tty';
import type { FleetPoller, FleetSample } from '../../observe/fleet/index.js';
import type { Key } from '../terminal/keys.js';
import { paintFor } from '../terminal/paint.js';
import { Screen } from '../terminal/screen.js';
import { pictureOf } from './picture.js';
import { afterKey, type Shown, type View } from './view.js';

/** Options of the screen of `top`. */
export interface LiveOptions {
  readonly input: ReadStream;
  readonly output: WriteStream;
  readonly view: View;
  /** Interval of the poller. Unit: ms */
  readonly interval: number;
}

/** Shows the samples of a poller on the whole terminal until the user quits, or the terminal is gone. */
export function showLive(poller: FleetPoller, { input, output, view: first, interval }: LiveOptions): Promise<void> {
  return new Promise((resolve) => {
    const paint = paintFor(output);
    let view = first;
    let sample: FleetSample | undefined;
    let shown: Shown = { columns: [], page: 1, rows: 0 };

    const draw = (): void => {
      const picture = pictureOf(sample, view, screen.size, interval, paint);
      shown = picture.shown;
      screen.draw(picture.lines);
    };
    const onSample = (next: FleetSample): void => {
      if (view.isPaused) return;
      sample = next;
      draw();
    };
    const end = (): void => {
      poller.stop();
      poller.off('sample', onSample);
      screen.close();
      resolve();
    };
    const onKey = (key: Key): void => {
      if (key.name === 'ctrl-l') {
        screen.redraw();
        return;
      }
      const next = afterKey(view, key, shown);
      if (next === undefined) {
        end();
        return;
      }
      const isOn = view.isPaused && !next.isPaused;
      view = next;
      if (isOn) sample = poller.last;
      draw();
    };
    const screen = new Screen(input, output, { onKey, onRedraw: draw, onGone: end });
    screen.open();
    poller.on('sample', onSample);
    draw();
    poller.start();
  });
}

import type { IBufferCell, Terminal } from '@xterm/headless';

/** Size of a character. Unit: px */
const CELL = { width: 8, height: 18 } as const;
const PADDING = 12;

/** Colours of the palette that the command uses, for a light and a dark page. */
const COLOURS: Readonly<Record<string, readonly [light: string, dark: string]>> = {
  back: ['#ffffff', '#16191d'],
  text: ['#1f2328', '#d6dae0'],
  red: ['#b3261e', '#ff8a80'],
  green: ['#1a7f37', '#7ee2a8'],
  yellow: ['#8a5a00', '#f2c55c'],
  cyan: ['#0b6c8a', '#79d7ee'],
};
const PALETTE = ['text', 'red', 'green', 'yellow', 'text', 'text', 'cyan', 'text'];

/** Characters of one style that stand beside one another. */
interface Run {
  readonly from: number;
  readonly style: string;
  readonly isInverse: boolean;
  text: string;
  width: number;
}

/** The screen of a terminal as a picture that follows the light or dark theme of its reader. Empty lines at the end are left out. */
export function svgOf(terminal: Terminal, title: string): string {
  const rows = Array.from({ length: terminal.rows }, (_, row) => runsOf(terminal, row));
  const height = rows.findLastIndex((runs) => runs.length > 0) + 1;
  const size = { width: terminal.cols * CELL.width + 2 * PADDING, height: height * CELL.height + 2 * PADDING };
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" width="${size.width}" height="${size.height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<style>${css()}</style>`,
    `<rect class="back" width="100%" height="100%" rx="6"/>`,
    ...rows.slice(0, height).flatMap((runs, row) => runs.map((run) => elementOf(run, row))),
    '</svg>\n',
  ].join('\n');
}

function runsOf(terminal: Terminal, row: number): Run[] {
  const { active } = terminal.buffer;
  const line = active.getLine(active.viewportY + row);
  const runs: Run[] = [];
  for (let column = 0; column < terminal.cols; column += 1) {
    const cell = line?.getCell(column);
    if (cell === undefined || cell.getWidth() === 0) continue;
    const text = cell.getChars() || ' ';
    const style = styleOf(cell);
    const isInverse = cell.isInverse() !== 0;
    const last = runs.at(-1);
    if (last?.style === style && last.isInverse === isInverse) {
      last.text += text;
      last.width += cell.getWidth();
    } else {
      runs.push({ from: column, style, isInverse, text, width: cell.getWidth() });
    }
  }
  return runs.filter(({ text, isInverse }) => isInverse || text.trim() !== '');
}

function styleOf(cell: IBufferCell): string {
  const colour = cell.isFgPalette() ? (PALETTE[cell.getFgColor() % 8] as string) : 'text';
  return [colour, ...(cell.isBold() ? ['bold'] : []), ...(cell.isDim() ? ['dim'] : [])].join(' ');
}

function elementOf({ from, style, isInverse, text, width }: Run, row: number): string {
  const lead = text.length - text.trimStart().length;
  const shown = text.trim();
  const x = PADDING + (from + lead) * CELL.width;
  const y = PADDING + row * CELL.height;
  const length = (width - (text.length - shown.length)) * CELL.width;
  const label = `<text class="${isInverse ? style.replace(/^\w+/, 'back') : style}" x="${x}" y="${y + 13}" textLength="${length}">${escaped(shown)}</text>`;
  if (!isInverse) return label;
  const back = `<rect class="text" x="${PADDING + from * CELL.width}" y="${y}" width="${width * CELL.width}" height="${CELL.height}"/>`;
  return shown === '' ? back : `${back}${label}`;
}

function css(): string {
  const rules = (theme: 0 | 1): string =>
    Object.entries(COLOURS)
      .map(([name, colours]) => `.${name}{fill:${colours[theme]}}`)
      .join('');
  return [
    'text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;white-space:pre}',
    `.bold{font-weight:bold}.dim{opacity:.7}${rules(0)}`,
    `@media(prefers-color-scheme:dark){${rules(1)}}`,
  ].join('');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

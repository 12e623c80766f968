import { styleText } from 'node:util';

export type Style = 'bold' | 'dim' | 'inverse' | 'red' | 'green' | 'yellow' | 'cyan';

/** Text in the styles, or the text itself where the output is not painted. */
export type Paint = (text: string, ...styles: readonly Style[]) => string;

/** Output that may be a terminal. */
export interface PaintedOutput {
  readonly isTTY?: boolean;
  hasColors?(): boolean;
}

/** Leaves a text as it is. */
export const unpainted: Paint = (text) => text;

/**
 * Chooses whether an output is painted: a terminal with colours is, except under `NO_COLOR`, and anything is under `FORCE_COLOR`.
 *
 * The styles are nested calls of `styleText` with one style each: with a list of styles, Node 20 paints whatever the environment says.
 */
export function paintFor(output: PaintedOutput, env: NodeJS.ProcessEnv = process.env): Paint {
  return isPainted(output, env) ? paint : unpainted;
}

function isPainted(output: PaintedOutput, { FORCE_COLOR, NO_COLOR }: NodeJS.ProcessEnv): boolean {
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false;
  return output.isTTY === true && output.hasColors?.() === true;
}

function paint(text: string, ...styles: readonly Style[]): string {
  return styles.reduce((painted, style) => styleText(style, painted, { validateStream: false }), text);
}

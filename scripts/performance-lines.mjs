/** A plot of lines as SVG, on linear or logarithmic axes; readable on light and on dark pages. */

const LEFT = 82;
const WIDTH = 720;
const RIGHT = 22;
const TOP = 60;
const PLOT_HEIGHT = 250;
const LEGEND_ROW = 20;

const STYLE = [
  'text{font:13px system-ui,sans-serif}.line{fill:none;stroke-width:2}',
  '.back{fill:#fff}.text{fill:#1f2328}.grid{stroke:#d0d7de}.zone{fill:#57606a;fill-opacity:.1}.strong{font-weight:600}',
  '.c0{stroke:#0b6c8a}.c1{stroke:#8a5a00}.c2{stroke:#7b3fa0}.bare{stroke-dasharray:5 4}',
  '@media(prefers-color-scheme:dark){.back{fill:#16191d}.text{fill:#d6dae0}.grid{stroke:#30363d}.zone{fill:#9aa4af}',
  '.c0{stroke:#79d7ee}.c1{stroke:#e3b341}.c2{stroke:#d2a8ff}}',
].join('');

/**
 * @typedef {{ scale: 'log' | 'linear', min: number, max: number, ticks: readonly { at: number, label: string }[], title: string }} Axis
 * @typedef {{ name: string, color: 0 | 1 | 2, isBare?: boolean, points: readonly (readonly [x: number, y: number])[] }} Line
 *     A bare loop has a dashed line, in the colour of what it is compared with.
 * @typedef {{ title: string, x: Axis, y: Axis, lines: readonly Line[], zone?: { from: number, to: number, label: string } }} Plot
 */

/** @param {string} text */
const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/**
 * @param {Axis} axis
 * @param {number} from
 * @param {number} to
 */
function scaleOf({ scale, min, max }, from, to) {
  const of = scale === 'log' ? Math.log10 : (/** @type {number} */ value) => value;
  return (/** @type {number} */ value) =>
    Number(
      (from + ((of(Math.min(Math.max(value, min), max)) - of(min)) / (of(max) - of(min))) * (to - from)).toFixed(1),
    );
}

/** @param {Plot} plot */
export function linesOf({ title, x, y, lines, zone }) {
  const top = TOP + lines.length * LEGEND_ROW;
  const bottom = top + PLOT_HEIGHT;
  const height = bottom + 52;
  const [atX, atY] = [scaleOf(x, LEFT, WIDTH - RIGHT), scaleOf(y, bottom, top)];

  const parts = [];
  if (zone !== undefined) {
    const [from, to] = [atX(zone.from), atX(zone.to)];
    parts.push(`<rect class="zone" x="${from}" y="${top}" width="${(to - from).toFixed(1)}" height="${PLOT_HEIGHT}"/>`);
    parts.push(
      `<text class="text" x="${((from + to) / 2).toFixed(1)}" y="${top + 18}" text-anchor="middle">${escaped(zone.label)}</text>`,
    );
  }
  for (const { at, label } of y.ticks) {
    parts.push(`<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${atY(at)}" y2="${atY(at)}"/>`);
    parts.push(`<text class="text" x="${LEFT - 8}" y="${atY(at) + 4}" text-anchor="end">${label}</text>`);
  }
  for (const { at, label } of x.ticks)
    parts.push(`<text class="text" x="${atX(at)}" y="${bottom + 20}" text-anchor="middle">${label}</text>`);
  parts.push(
    `<text class="text" x="${(LEFT + WIDTH - RIGHT) / 2}" y="${bottom + 42}" text-anchor="middle">${escaped(x.title)}</text>`,
  );
  for (const [row, { name, points, color, isBare }] of lines.entries()) {
    const shade = `c${color}${isBare ? ' bare' : ''}`;
    const at = TOP - 16 + row * LEGEND_ROW;
    parts.push(`<line class="line ${shade}" x1="16" x2="44" y1="${at}" y2="${at}"/>`);
    parts.push(`<text class="text" x="52" y="${at + 4}">${escaped(name)}</text>`);
    const path = points.map(([px, py]) => `${atX(px)},${atY(py)}`).join(' ');
    parts.push(`<polyline class="line ${shade}" points="${path}"/>`);
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
<rect class="back" width="${WIDTH}" height="${height}" rx="6"/>
<text class="text strong" x="16" y="26">${escaped(title)}</text>
<text class="text" x="16" y="${top - 12}">${escaped(y.title)}</text>
${parts.join('\n')}
</svg>
`;
}

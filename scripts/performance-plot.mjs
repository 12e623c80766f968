/** A plot as SVG: a dot for each peer on a logarithmic axis, with its value; readable on light and on dark pages. */

const LEFT = 150;
const WIDTH = 720;
const RIGHT = 76;
const TOP = 52;
const ROW = 24;

const STYLE = [
  'text{font:13px system-ui,sans-serif}',
  '.back{fill:#fff}.text{fill:#1f2328}.grid{stroke:#d0d7de}.stem{stroke:#8c959f}.dot{fill:#57606a}.own{fill:#0b6c8a}.strong{font-weight:600}',
  '@media(prefers-color-scheme:dark){.back{fill:#16191d}.text{fill:#d6dae0}.grid{stroke:#30363d}.stem{stroke:#6e7681}.dot{fill:#9aa4af}.own{fill:#79d7ee}}',
].join('');

/** @param {string} text */
const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/**
 * Peers that failed are left out.
 *
 * @param {string} title
 * @param {readonly import('./performance.mjs').PeerFigure[]} peers
 */
export function plotOf(title, peers) {
  const shown = peers.filter(({ failed }) => !failed).sort((a, b) => a.cpuUsPerCall - b.cpuUsPerCall);
  const values = shown.map(({ cpuUsPerCall }) => cpuUsPerCall);
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.ceil(Math.log10(Math.max(...values)));
  /** @param {number} value */
  const x = (value) => LEFT + ((Math.log10(value) - low) / (high - low)) * (WIDTH - LEFT - RIGHT);
  const bottom = TOP + shown.length * ROW;
  const height = bottom + 34;

  const grid = Array.from({ length: high - low + 1 }, (_, at) => {
    const value = 10 ** (low + at);
    const line = `<line class="grid" x1="${x(value)}" x2="${x(value)}" y1="${TOP - 8}" y2="${bottom}"/>`;
    return `${line}<text class="text" x="${x(value)}" y="${bottom + 18}" text-anchor="middle">${value.toLocaleString('en-US')} µs</text>`;
  });
  const rows = shown.map(({ name, cpuUsPerCall }, at) => {
    const y = TOP + at * ROW + ROW / 2;
    const own = name === 'mailstation';
    const end = x(cpuUsPerCall).toFixed(1);
    const value = cpuUsPerCall.toLocaleString('en-US', { maximumSignificantDigits: 3 });
    return [
      `<text class="text${own ? ' strong' : ''}" x="${LEFT - 12}" y="${y + 4}" text-anchor="end">${escaped(name)}</text>`,
      `<line class="stem" x1="${LEFT}" x2="${end}" y1="${y}" y2="${y}"/>`,
      `<circle class="${own ? 'own' : 'dot'}" cx="${end}" cy="${y}" r="${own ? 6 : 5}"/>`,
      `<text class="text${own ? ' strong' : ''}" x="${Number(end) + 11}" y="${y + 4}">${value}</text>`,
    ].join('');
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
<rect class="back" width="${WIDTH}" height="${height}" rx="6"/>
<text class="text strong" x="16" y="26">${escaped(title)}</text>
${[...grid, ...rows].join('\n')}
</svg>
`;
}

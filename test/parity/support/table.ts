import { readdirSync } from 'node:fs';
import { EXTENSION } from '../../support/loader-flags.js';
import { collectRows, type Row, type Standing } from './row.js';

const FOLDER = new URL('../', import.meta.url);

const STANDING: Record<Standing, string> = {
  same: 'the same',
  better: 'the same, and more',
  renamed: 'under another name',
  retired: 'retired',
  open: 'not yet',
};

const HEAD = `# Parity with pomelo-rpc, pinus-rpc and cluster-client

What pomelo-rpc 1.0.7 offers, and pinus-rpc beside it, and cluster-client 3.7.0, and what became of it here. Each line is a
test of this repository, and this page is written by the tests: \`npm test -- parity\` runs them, most of them with
pomelo-rpc or cluster-client itself beside ours, and \`node --import tsx scripts/parity.mjs\` writes the page. How to move a
program over is told in [migrating-from-pomelo-rpc.md](migrating-from-pomelo-rpc.md) and
[migrating-from-cluster-client.md](migrating-from-cluster-client.md).
`;

/** Every row of the suite, in the order of the page. */
export async function parityRows(): Promise<Row[]> {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith(`.test${EXTENSION}`) && !name.startsWith('page.'));
  const rows = await collectRows(files.sort().map((name) => new URL(name, FOLDER)));
  return rows.sort((a, b) => a.id.localeCompare(b.id, 'en'));
}

/** docs/parity.md. */
export function renderPage(rows: readonly Row[]): string {
  const of = (part: string) => rows.filter(({ id }) => id.startsWith(`${part}.`));
  return [
    HEAD,
    counts(rows),
    section('Calling', 'pomelo-rpc, pinus-rpc', 'here', of('client')),
    section('Serving', 'pomelo-rpc, pinus-rpc', 'here', of('server')),
    section('Sharing a client', 'cluster-client', 'here', of('shared')),
    faults(of('fault')),
  ].join('\n');
}

function counts(rows: readonly Row[]): string {
  const parts = rows.filter(({ id }) => !id.startsWith('fault.'));
  const told = (Object.keys(STANDING) as Standing[]).map((standing) => {
    const count = parts.filter((row) => row.standing === standing).length;
    return `${count} ${STANDING[standing]}`;
  });
  return `Of ${parts.length} parts: ${told.join('; ')}.\n`;
}

function section(title: string, theirs: string, ours: string, rows: readonly Row[]): string {
  const lines = rows.map(
    (row) => `| ${row.id} | ${cell(row.theirs)} | ${STANDING[row.standing]} | ${cell(row.ours)} |`,
  );
  return [`## ${title}`, '', `| test | ${theirs} | | ${ours} |`, '| --- | --- | --- | --- |', ...lines, ''].join('\n');
}

function faults(rows: readonly Row[]): string {
  const lines = rows.map((row) => `| ${row.id} | ${cell(row.theirs)} | ${cell(row.ours)} |`);
  const intro = 'What users of pomelo-rpc and pinus-rpc met, and what they meet here instead.';
  return [
    '## Faults that are not here',
    '',
    intro,
    '',
    '| test | there | here |',
    '| --- | --- | --- |',
    ...lines,
    '',
  ].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

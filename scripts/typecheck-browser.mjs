/** Checks the types of the client for web pages, whose files the other check leaves out: see scripts/browser-files.mjs. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileForPages } from './browser-bundle.mjs';

const folder = mkdtempSync(join(tmpdir(), 'mailstation-browser-'));
try {
  compileForPages(join(folder, 'page'));
} catch (error) {
  console.error(/** @type {{ stdout?: string }} */ (error).stdout ?? error);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true });
}

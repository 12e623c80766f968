import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Folder of the built package: `MAILSTATION`, or this repository. */
const folder = process.env['MAILSTATION'] ?? '.';

export const { createServer, createClient, cluster }: typeof import('../../index.js') = await import(
  pathToFileURL(resolve(folder, 'dist/index.js')).href
);

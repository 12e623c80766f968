import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as mailstation from '../../index.js';
import { REPOSITORY } from '../support/loader-flags.js';

/** The exports of the client for web pages, with the types of those of Node. */
export type Page = Pick<typeof mailstation, 'createClient' | 'Client' | 'RpcCode' | 'RpcError' | 'findCause'>;
type Files = typeof import('../../scripts/browser-files.mjs');
type Bundle = typeof import('../../scripts/browser-bundle.mjs');

const scriptUrl = (name: string): string => pathToFileURL(`${REPOSITORY}scripts/${name}`).href;

/** Which files the client for web pages is made of. Scripts are not emitted with the tests. */
export const files: Files = await import(scriptUrl('browser-files.mjs'));

const { bundleForPages, compileForPages }: Bundle = await import(scriptUrl('browser-bundle.mjs'));

export { compileForPages };

let code: Promise<string> | undefined;

let loaded: Promise<Page> | undefined;

/** Loads the client for web pages in this process. */
export function loadPage(): Promise<Page> {
  loaded ??= pageBundle().then((text) => {
    const folder = mkdtempSync(join(realpathSync(tmpdir()), 'mailstation-page-'));
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, 'browser.mjs');
    writeFileSync(file, text);
    return import(pathToFileURL(file).href) as Promise<Page>;
  });
  return loaded;
}

/** The client for web pages, as `dist/browser.js` has it. */
export async function pageBundle(): Promise<string> {
  code ??= bundleForPages();
  return code;
}

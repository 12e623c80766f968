import { pathToFileURL } from 'node:url';
import { REPOSITORY } from '../support/loader-flags.js';

type Files = typeof import('../../scripts/browser-files.mjs');
type Bundle = typeof import('../../scripts/browser-bundle.mjs');

const scriptUrl = (name: string): string => pathToFileURL(`${REPOSITORY}scripts/${name}`).href;

/** Which files the client for web pages is made of. Scripts are not emitted with the tests. */
export const files: Files = await import(scriptUrl('browser-files.mjs'));

let code: Promise<string> | undefined;

/** The client for web pages, as `dist/browser.js` has it. */
export async function pageBundle(): Promise<string> {
  code ??= (import(scriptUrl('browser-bundle.mjs')) as Promise<Bundle>).then(({ bundleForPages }) => bundleForPages());
  return code;
}

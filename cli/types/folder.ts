import { statSync } from 'node:fs';
import { basename, dirname, relative, resolve } from 'node:path';
import { findRemoteFiles, withoutExtension } from '../../lib/service/remote-files.js';
import { usage } from '../exit-code.js';
import { addModule, type RemotesTree, remotesFile } from './remotes.js';
import { textType } from './schema-type.js';

/** Namespace and server type of the modules in a folder. */
export interface Place {
  readonly namespace: string;
  readonly serverType: string;
}

/** True for a folder, or a file that is no socket: what the types of remote modules are read from. */
export function isFolderOrFile(target: string): boolean {
  const stat = statSync(target, { throwIfNoEntry: false });
  return stat !== undefined && (stat.isDirectory() || stat.isFile());
}

/**
 * Text of a file with the `Remotes` of a folder of remote modules, or of one file with several modules. `from`: the folder of that file, which
 * its imports are relative to. The modules are not loaded.
 */
export function remotesOfFolder(target: string, place: Place, from: string): string {
  const { files, isFolder } = findRemoteFiles(target);
  const shown = relative(process.cwd(), resolve(target)) || '.';
  const { namespace, serverType } = place;
  const tree: RemotesTree = new Map();
  if (!isFolder) {
    const [file = ''] = files;
    const type = `RemoteFile<${importType(file, from)}>`;
    return [
      `// Written by \`mailstation types\`, from the file ${textType(shown)}.`,
      "import type { RemoteFile } from 'mailstation';",
      '',
      'export interface Remotes {',
      `  ${namespace}: { ${serverType}: ${type} };`,
      '}',
      '',
    ].join('\n');
  }
  if (files.length === 0)
    throw usage(`the folder ${target} has no remote modules: no .js, .mjs, .cjs, .ts, .mts or .cts files`);
  for (const file of files)
    addModule(tree, { ...place, name: withoutExtension(basename(file)) }, [`${importType(file, from)};`]);
  return remotesFile(tree, `the folder ${textType(shown)}`);
}

/** The place that a folder stands for by its name: `remote/chat` and `app/servers/chat/remote` hold the modules of the server type chat. */
export function placeOf(target: string, as: string | undefined): Place {
  const path = resolve(target);
  const name = withoutExtension(basename(path));
  const parts = as === undefined ? ['user', name === 'remote' ? basename(dirname(path)) : name] : as.split('.');
  const [namespace = '', serverType = '', ...rest] = parts;
  const isName = (part: string): boolean => /^[A-Za-z_$][\w$-]*$/.test(part);
  if (rest.length > 0 || !isName(namespace) || !isName(serverType))
    throw usage(`--as must be a namespace and a server type such as user.chat, got ${textType(parts.join('.'))}`);
  return { namespace, serverType };
}

function importType(file: string, from: string): string {
  const path = relative(from, file).replaceAll('\\', '/').replace(/ts$/, 'js');
  return `typeof import(${textType(path.startsWith('.') ? path : `./${path}`)})`;
}

import { fileURLToPath } from 'node:url';
import { linkPeers } from './peers-folder.js';
import { run } from './run.js';

process.exitCode = await run(process.argv.slice(2), {
  peersFolder: new URL('./peers/', import.meta.url),
  profilesFolder: fileURLToPath(new URL('./profiles/', import.meta.url)),
  linkPeers: () => linkPeers(fileURLToPath(new URL('.', import.meta.url)), (line) => process.stderr.write(`${line}\n`)),
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
});

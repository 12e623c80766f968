// Agent and worker in one process.
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { start } from 'egg';
import questions from './lib/questions.js';

const print = (what, value) => console.log(`single mode, ${what}: ${JSON.stringify(value)}`);
const baseDir = dirname(fileURLToPath(import.meta.url));
const app = await start({ baseDir, mode: 'single', ignoreWarning: true });
await app.ready();

const { agent } = app;
for (const name of ['directory', 'addressBook']) {
  print(`${name} leads`, [app[name].isClusterClientLeader, agent[name].isClusterClientLeader]);
  for (const question of Object.keys(questions.questions)) {
    print(`${name}, ${question}`, await questions.ask(app[name], question));
  }
  const published = { number: 7 };
  agent[name].publish({ dataId: 'ada', publishData: published });
  for (let i = 0; i < 100 && app.seen[name].length === 0; i++) await new Promise((resolve) => setTimeout(resolve, 20));
  print(`${name}, what both see`, [app.seen[name].at(-1), agent.seen[name].at(-1)]);
  print(`${name}, the same object`, app.seen[name].at(-1) === published);
  print(`${name}, what is found`, await app[name].lookup('ada'));
}
await app.close();
print('closed', true);
process.exit();

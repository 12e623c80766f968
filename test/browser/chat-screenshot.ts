/** Writes docs/chat.png: two people in the chat of examples/chat, in the Chromium of this machine. `npm run screenshot:chat` */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { ROOT } from '../architecture/house.js';
import { launchChromium, type Page } from './chromium.js';

declare const document: {
  querySelector(selector: string): { value: string; click(): void } | null;
  querySelectorAll(selector: string): { readonly length: number };
};

const TALK = [
  ['Ada', 'good morning! who is there?'],
  ['Bob', 'me. the server of this room was killed a minute ago'],
  ['Ada', 'I have seen nothing of that, and all that I said has arrived'],
  ['Bob', 'that was the idea :-)'],
] as const;

function fill(page: Page, form: string, field: string, text: string): Promise<void> {
  return page.evaluate(
    ([input, value, button]) => {
      const element = document.querySelector(input);
      if (element !== null) element.value = value;
      document.querySelector(button)?.click();
    },
    [`${form} [name=${field}]`, text, `${form} button`] as const,
  );
}

const chat = spawn(process.execPath, ['examples/chat/main.js', '--stay'], {
  cwd: ROOT,
  stdio: ['ignore', 'pipe', 'inherit'],
});
const browser = await launchChromium();
try {
  let url = '';
  for await (const line of createInterface({ input: chat.stdout })) {
    url ||= /open at (\S+)/.exec(line)?.[1] ?? '';
    if (line.includes('Ctrl-C')) break;
  }
  const pages = new Map<string, Page>();
  for (const name of ['Ada', 'Bob']) {
    const page = await browser.newPage();
    await page.setViewportSize({ width: 760, height: 470 });
    await page.goto(url);
    await fill(page, '#entrance', 'name', name);
    await page.waitForFunction(() => document.querySelectorAll('#online li').length > 0);
    pages.set(name, page);
  }
  for (const [at, [name, text]] of TALK.entries()) {
    await fill(pages.get(name) as Page, '#say', 'text', text);
    for (const page of pages.values())
      await page.waitForFunction((count) => document.querySelectorAll('#messages li').length === count, at + 1);
  }
  await pages.get('Ada')?.screenshot({ path: `${ROOT}docs/chat.png` });
  console.log(`docs/chat.png, by Chromium ${browser.version()}`);
} finally {
  await browser.close();
  chat.kill('SIGTERM');
}

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Browser, launchChromium, type Page, whyNoBrowser } from '../browser/chromium.js';
import { type Program, startProgram } from './program.js';
import { Project } from './project.js';

declare const document: {
  querySelector(selector: string): { value: string; click(): void; readonly textContent: string } | null;
  querySelectorAll(selector: string): Iterable<{ readonly textContent: string }>;
};

/** Longer than a visitor of the chat waits. */
const LIMIT_MS = 160_000;

describe('the chat', () => {
  const project = new Project();
  let main = '';
  before(async () => {
    await project.install();
    main = join(project.copy('chat'), 'main.js');
  });
  after(() => project.remove());

  it('loses no message, and shows none twice, while its chat server is killed and started again', async (t) => {
    const chat = startProgram(t, main);
    assert.equal(await chat.end(LIMIT_MS), 0, chat.stdout + chat.stderr);
    assert.match(chat.stdout, /^chat-[12] has lobby\. It is killed in the middle of the talk/m);
    for (const [name, connector] of [
      ['Ada', 'connector-[12]'],
      ['Bob', 'connector-[12]'],
    ])
      assert.match(
        chat.stdout,
        new RegExp(
          `^${name}, by ${connector}\\n {2}said 25, of which 0 failed; .*\\n {2}saw 50 messages; the chat server went away [1-9]\\d* times? .*\\n {2}each message once, in the order in which it was said$`,
          'm',
        ),
      );
    assert.match(chat.stdout, /^Everything held\.$/m);
  });

  it('ends all its processes when it is interrupted', async (t) => {
    const chat = startProgram(t, main, { args: ['--stay'] });
    await chat.untilPrinted('Ctrl-C ends the chat.', LIMIT_MS);
    chat.kill('SIGINT');
    assert.equal(await chat.end(LIMIT_MS), 0, chat.stderr); // resolves when its output is closed, which all processes hold
  });

  describe('in web pages', { skip: whyNoBrowser() }, () => {
    it('two pages see what the other says and who is online, and a third one what was said before', async (t) => {
      const chat = startProgram(t, main, { args: ['--stay'] });
      await chat.untilPrinted('Ctrl-C ends the chat.', LIMIT_MS);
      const browser = await launchChromium();
      t.after(() => browser.close());
      const [ada, bob] = await Promise.all([enter(browser, chat, 'Ada'), enter(browser, chat, 'Bob')]);
      await seen(ada, '#online li', 'Ada|Bob');
      await seen(bob, '#online li', 'Ada|Bob');
      await say(ada, 'hello <b>Bob</b>');
      await seen(bob, '#messages li', 'Adahello <b>Bob</b>');
      await say(bob, 'hello');
      await seen(ada, '#messages li', 'Adahello <b>Bob</b>|Bobhello');
      await bob.close();
      await seen(ada, '#online li', 'Ada');
      await seen(await enter(browser, chat, 'Carol'), '#messages li', 'Adahello <b>Bob</b>|Bobhello');
    });
  });
});

/** Opens a page, and enters. A JavaScript error in the page fails the test. */
async function enter(browser: Browser, chat: Program, name: string): Promise<Page> {
  const [, url = ''] = /open at (\S+)/.exec(chat.stdout) ?? [];
  const page = await browser.newPage();
  page.on('pageerror', (error) => assert.fail(error));
  await page.goto(url);
  await page.evaluate((text) => {
    const input = document.querySelector('#entrance [name=name]');
    if (input !== null) input.value = text;
    document.querySelector('#entrance button')?.click();
  }, name);
  await seen(page, '#where', undefined);
  return page;
}

async function say(page: Page, text: string): Promise<void> {
  await page.evaluate((words) => {
    const input = document.querySelector('#say [name=text]');
    if (input !== null) input.value = words;
    document.querySelector('#say button')?.click();
  }, text);
}

/** Resolves when the texts of the elements are these, with `|` between them; or when there is any, where `texts` is undefined. */
async function seen(page: Page, selector: string, texts: string | undefined): Promise<void> {
  await page.waitForFunction(
    ({ query, wanted }) => {
      const found = Array.from(document.querySelectorAll(query), ({ textContent }) => textContent).join('|');
      return wanted === undefined ? found !== '' : found === wanted;
    },
    { query: selector, wanted: texts },
  );
}

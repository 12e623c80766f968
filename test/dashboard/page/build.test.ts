import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { REPOSITORY } from '../../support/loader-flags.js';

/** Bytes, gzipped. */
const LARGEST = 60 * 1_024;

interface Built {
  readonly html: string;
  readonly csp: string;
  readonly files: readonly string[];
}

describe('the page of the dashboard, built', () => {
  let page: Built;
  let script: string;
  let style: string;

  before(async () => {
    const builder = pathToFileURL(`${REPOSITORY}scripts/dashboard-page.mjs`).href;
    const { buildPage } = (await import(builder)) as { buildPage(): Promise<Built> };
    page = await buildPage();
    [, script = ''] = /<script>(.*)<\/script>/s.exec(page.html) ?? [];
    [, style = ''] = /<style>(.*)<\/style>/s.exec(page.html) ?? [];
  });

  it(`has ${LARGEST / 1_024} KiB at most, gzipped`, () => {
    const size = gzipSync(page.html, { level: 9 }).length;
    assert.ok(size <= LARGEST, `${size} bytes`);
    assert.ok(size > 30_000, 'the libraries alone are that large');
  });

  it('admits its script and its style by their hashes, and nothing else', () => {
    const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
    const directives = Object.fromEntries(
      page.csp.split('; ').map((each) => [each.slice(0, each.indexOf(' ')), each.slice(each.indexOf(' ') + 1)]),
    );
    assert.deepEqual(directives, {
      ...{ 'default-src': "'none'", 'script-src': hashOf(script), 'style-src': hashOf(style) },
      ...{ 'connect-src': "'self'", 'img-src': 'data:', 'base-uri': "'none'", 'form-action': "'none'" },
    });
    assert.ok(page.html.includes(`content="${page.csp}"`), 'a saved page keeps the policy');
  });

  it('has one script and one style', () => {
    assert.equal(page.html.match(/<script/g)?.length, 1);
    assert.equal(page.html.match(/<\/script/g)?.length, 1);
    assert.equal(page.html.match(/<style/g)?.length, 1);
  });

  it('makes no code of texts, and loads nothing from elsewhere', () => {
    assert.doesNotMatch(script, /\beval\(|new Function|importScripts|document\.write/);
    const code = page.html.replace(/\/\*![\s\S]*?\*\//g, ''); // notices of licences stay in the script
    const addresses = (code.match(/https?:\/\/[^\s"'`)]+/g) ?? []).filter((url) => !url.includes('www.w3.org'));
    assert.deepEqual(addresses, [], 'only names of XML namespaces look like addresses');
    assert.doesNotMatch(style, /@import|@font-face|url\(/);
  });

  it('names the packages that are in it', () => {
    for (const name of ['htm', 'preact', 'uplot']) {
      const { version } = JSON.parse(readFileSync(`${REPOSITORY}node_modules/${name}/package.json`, 'utf8')) as {
        version: string;
      };
      assert.ok(page.html.includes(`${name} ${version} (`), name);
      assert.ok(
        page.files.some((file) => file.includes(`/node_modules/${name}/`)),
        `${name} is among the licences`,
      );
    }
  });
});

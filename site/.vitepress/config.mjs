import { defineConfig } from 'vitepress';
import { REFERENCE, SIDEBAR } from './sidebar.mjs';
import { slug } from './slug.mjs';

/** Folders of the repository whose Markdown is no page of the site. `site/reference` is written by TypeDoc: see typedoc.json. */
const NO_PAGES = ['bench', 'compat', 'coverage', 'dist-*', 'examples', 'findings', 'site/!(reference)', 'test'];

/** An envelope, drawn in the file itself: the site loads nothing from elsewhere. */
const ICON =
  "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'><path fill='%231a7f37' d='M1 3h14v10H1z'/><path fill='none' stroke='white' stroke-width='1.5' d='m1.5 4 6.5 5 6.5-5'/></svg>";

/** Languages of code blocks that the highlighter does not know: shown as they are. */
const PLAIN_LANGUAGES = ['promql', 'wire'];

/**
 * The pages are outside of this folder, and find no Vue from where they are. The program that draws them on the server is in this
 * folder, and loads Vue by itself.
 */
const VUE_OF_THIS_FOLDER = {
  name: 'vue-of-this-folder',
  /** @type {'pre'} */
  enforce: 'pre',
  /** @param {string} id @param {string | undefined} _importer @param {{ ssr?: boolean }} options */
  resolveId(id, _importer, { ssr }) {
    return ssr && /^vue(?:\/|$)/.test(id) ? { id, external: true } : undefined;
  },
};

export default defineConfig({
  title: 'mailstation',
  description: 'RPC between Node.js processes that reads like a local call.',
  lang: 'en',
  head: [['link', { rel: 'icon', href: `data:image/svg+xml,${ICON}` }]],
  // The pages stay where a reader of the repository finds them. Their links are relative, so that both places can follow them.
  srcDir: '..',
  srcExclude: NO_PAGES.map((folder) => `${folder}/**`),
  rewrites: { 'README.md': 'index.md', 'site/reference/:page*': 'reference/:page*' },
  outDir: './dist',
  cacheDir: './node_modules/.cache/vitepress',
  cleanUrls: true,
  // A link to a page that is not there ends the build, as it does by default: no page is excused.
  ignoreDeadLinks: false,
  markdown: {
    anchor: { slugify: slug },
    languages: PLAIN_LANGUAGES.map((name) => ({ name, scopeName: `source.${name}`, patterns: [], repository: {} })),
  },
  vite: { plugins: [VUE_OF_THIS_FOLDER] },
  themeConfig: {
    nav: [
      { text: 'Start', link: '/docs/getting-started', activeMatch: '^/docs/(?:getting-started|migrating)' },
      { text: 'Concepts', link: '/docs/concepts' },
      {
        text: 'Guides',
        link: '/docs/calling',
        activeMatch: '^/docs/(?:calling|serving|types|streams|sharing|failure)',
      },
      { text: 'Reference', link: '/reference/', activeMatch: '^/(?:reference|docs/(?:options|errors|wire))' },
      { text: 'Comparison', link: '/docs/comparison' },
    ],
    sidebar: { '/': SIDEBAR, '/reference/': REFERENCE },
    outline: [2, 3],
    search: {
      provider: 'local',
      // Guides explain, and come first; the pages of the reference name everything, and would stand before them.
      options: {
        miniSearch: { searchOptions: { boostDocument: (page) => (page.startsWith('/reference/') ? 0.3 : 1) } },
      },
    },
    docFooter: { prev: 'Before', next: 'Next' },
    footer: { message: 'MIT licensed. Each block of code on these pages is compiled or run by a test.' },
  },
});

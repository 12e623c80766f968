import { defineConfig } from 'vitepress';
import { SIDEBAR } from './sidebar.mjs';
import { slug } from './slug.mjs';

/** Folders of the repository whose Markdown is no page of the site. */
const NO_PAGES = ['bench', 'compat', 'coverage', 'dist-*', 'examples', 'findings', 'site', 'test'];

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
  // The pages stay where a reader of the repository finds them. Their links are relative, so that both places can follow them.
  srcDir: '..',
  srcExclude: NO_PAGES.map((folder) => `${folder}/**`),
  rewrites: { 'README.md': 'index.md' },
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
    sidebar: SIDEBAR,
    outline: [2, 3],
    search: { provider: 'local' },
  },
});

/** Declaration files in both forms, made of the one that the bundler writes. */

const EXPORTS = /^export \{ ([^{}]+) \};$/m;
const FUNCTION = / as "module\.exports"$/;

/**
 * Declarations for ES modules, on top of the shared files of CommonJS. The name `"module.exports"` is for Node alone, and TypeScript
 * before 5.6 does not parse it.
 *
 * @param {string} code
 * @returns {string}
 */
export function moduleDeclaration(code) {
  const { text, names } = read(withCommonjsImports(code));
  const others = names.filter((name) => !FUNCTION.test(name));
  // A function, since the bundler writes names such as `Callback$1`, which mean something in a replacement's text.
  return text.replace(EXPORTS, () => `export { ${others.join(', ')} };`);
}

/**
 * Declarations for CommonJS modules: relative imports lead to their files. Where `module.exports` is a function, the file
 * says `export =`, and a namespace of the same name has the other exports.
 *
 * @param {string} code
 * @returns {string}
 */
export function commonjsDeclaration(code) {
  const { text, names } = read(withCommonjsImports(code));
  const main = names.find((name) => FUNCTION.test(name))?.replace(FUNCTION, '');
  if (main === undefined) return text;
  const others = names.filter((name) => !FUNCTION.test(name) && !name.endsWith(' as default'));
  const space = `declare namespace ${main} {\n  export { ${others.join(', ')} };\n}`;
  return text.replace(EXPORTS, () => `${space}\nexport = ${main};`);
}

/** @param {string} code */
const withCommonjsImports = (code) => code.replace(/(from "\.[^"]*)\.js"/g, '$1.cjs"');

/**
 * Leaves out the bundler's comments with the temporary path of each source.
 *
 * @param {string} given
 */
function read(given) {
  const text = given.replace(/^\/\/ dist\/types-.*\n/gm, '');
  return { text, names: EXPORTS.exec(text)?.[1]?.split(', ') ?? [] };
}

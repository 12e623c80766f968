/** A declaration file for CommonJS modules, made of the one for ES modules. */

const EXPORTS = /^export \{ ([^{}]+) \};$/m;
const FUNCTION = / as "module\.exports"$/;

/**
 * Relative imports lead to other files for CommonJS. Where `module.exports` is a function, the file says `export =`, and the
 * function has the other exports as properties, the types too.
 *
 * @param {string} code
 * @returns {string}
 */
export function commonjsDeclaration(code) {
  const text = code.replace(/(from "\.[^"]*)\.js"/g, '$1.cjs"');
  const names = EXPORTS.exec(text)?.[1]?.split(', ') ?? [];
  const main = names.find((name) => FUNCTION.test(name))?.replace(FUNCTION, '');
  if (main === undefined) return text;
  const others = names.filter((name) => !FUNCTION.test(name) && name !== `${main} as default`);
  const types = others.filter((name) => name.startsWith('type ')).map((name) => name.slice('type '.length));
  const values = others.filter((name) => !name.startsWith('type '));
  return text.replace(
    EXPORTS,
    [
      `declare const _exports: typeof ${main} & { ${values.map((name) => `${name}: typeof ${name}`).join('; ')} };`,
      `declare namespace _exports {`,
      ...types.map((name) => `  export { type ${name} };`),
      '}',
      'export = _exports;',
    ].join('\n'),
  );
}

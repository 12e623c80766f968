/**
 * Stands in the bundle for the packages that serialize-json's encoder requires (debug, is-type-of, utility). They bring 20
 * packages, of which the encoder uses these six functions.
 */
/** `debug(name)` makes a function that logs. serialize-json logs each value, which no program of ours reads. */
module.exports = () => () => {};
module.exports.array = Array.isArray;
module.exports.buffer = Buffer.isBuffer;
module.exports.date = (value) => tagOf(value) === '[object Date]';
module.exports.error = (value) => tagOf(value) === '[object Error]' || value instanceof Error;
module.exports.has = (object, key) => Object.hasOwn(object, key);

/** Not from `node:util`: a `require` in this file would bring a helper to the ES modules that a bundle for CommonJS loses. */
function tagOf(value) {
  return Object.prototype.toString.call(value);
}

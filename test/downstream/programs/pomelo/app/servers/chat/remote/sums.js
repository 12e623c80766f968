let memory;

module.exports = (app) => ({
  add(a, b, callback) {
    callback(null, a + b, app.getServerId());
  },
  divide(a, b, callback) {
    callback(null, Math.floor(a / b), a % b);
  },
  fail(text, callback) {
    callback(new Error(text));
  },
  crash() {
    throw new Error('the barrel is empty');
  },
  code(code, callback) {
    callback({ code });
  },
  word(callback) {
    callback('full');
  },
  nothing(callback) {
    callback();
  },
  silent() {},
  echo(value, callback) {
    callback(null, value);
  },
  describe(value, callback) {
    callback(null, Object.prototype.toString.call(value), String(value));
  },
  size(text, callback) {
    callback(null, text.length);
  },
  forbidden(callback) {
    callback(null, 'done all the same');
  },
  remember(value, callback) {
    memory = `${value}, ${typeof callback}`;
    callback();
  },
  remembered(callback) {
    callback(null, memory);
  },
});

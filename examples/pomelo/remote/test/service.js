// The server loads this file to run it, the client to learn what it may call.
module.exports = (_context) => ({
  echo(message, callback) {
    callback(null, message);
  },

  divide(a, b, callback) {
    if (b === 0) callback(new Error('divided by zero'));
    else callback(null, Math.floor(a / b), a % b);
  },
});

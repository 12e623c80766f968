// Loaded before each process of a program. Servers that name no host listen on 127.0.0.1 instead of all interfaces, and a
// process ends with the program that started the process.
const net = require('node:net');

const listen = net.Server.prototype.listen;

net.Server.prototype.listen = function (...args) {
  const [first, second] = args;
  if (typeof first === 'object' && first !== null && first.port !== undefined && first.host === undefined) {
    args[0] = { ...first, host: '127.0.0.1' };
  } else if (/^\d+$/.test(String(first)) && typeof second !== 'string') {
    args.splice(1, second === undefined ? 1 : 0, '127.0.0.1');
  }
  return listen.apply(this, args);
};

if (process.env.ENDS_WITH_PROGRAM) {
  delete process.env.ENDS_WITH_PROGRAM; // not for the processes that this one starts
  process.on('disconnect', () => process.exit());
  process.channel.unref();
}

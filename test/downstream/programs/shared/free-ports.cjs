const { once } = require('node:events');
const net = require('node:net');

/**
 * Free ports of 127.0.0.1, for frameworks whose configuration wants numbers. All are taken at once, so that they differ.
 *
 * @param {number} count
 */
module.exports = async function freePorts(count) {
  const servers = Array.from({ length: count }, () => net.createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
};

const servers = require('../config/servers');

/** What remote modules, routers and filters are given; `rpc` is there once the client has started. */
module.exports = function create(serverId, basePort) {
  const all = servers.list(basePort);
  const self = all.find((server) => server.id === serverId) || { id: serverId, serverType: 'gate', port: 0 };
  return {
    serverId: serverId,
    serverType: self.serverType,
    port: self.port,
    basePort: basePort,
    rpc: null,
    getServersByType: (type) => all.filter((server) => server.serverType === type),
  };
};

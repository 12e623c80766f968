const pomeloRpc = require('mailstation/pomelo-rpc');

// Node finds the names that an ES module may import by these assignments.
module.exports.client = pomeloRpc.client;
module.exports.server = pomeloRpc.server;

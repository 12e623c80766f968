const cluster = require('mailstation/cluster-client');

module.exports = cluster;
// Node finds the names that an ES module may import by these assignments.
module.exports.close = cluster.close;
module.exports.APIClientBase = cluster.APIClientBase;

const pinusRpc = require('mailstation/pinus-rpc');

// Node finds the names that an ES module may import by these assignments.
module.exports.createClient = pinusRpc.createClient;
module.exports.createServer = pinusRpc.createServer;
module.exports.createGateway = pinusRpc.createGateway;
module.exports.RpcClient = pinusRpc.RpcClient;
module.exports.Gateway = pinusRpc.Gateway;
module.exports.listEs6ClassMethods = pinusRpc.listEs6ClassMethods;
module.exports.createMqttMailBox = pinusRpc.createMqttMailBox;
module.exports.createTcpMailBox = pinusRpc.createTcpMailBox;
module.exports.createDefaultAcceptor = pinusRpc.createDefaultAcceptor;
module.exports.createTcpAcceptor = pinusRpc.createTcpAcceptor;
module.exports.MqttAcceptor = pinusRpc.MqttAcceptor;
module.exports.df = pinusRpc.df;
module.exports.rd = pinusRpc.rd;
module.exports.rr = pinusRpc.rr;
module.exports.wrr = pinusRpc.wrr;
module.exports.la = pinusRpc.la;
module.exports.ch = pinusRpc.ch;

const path = require('node:path');

const SERVERS = [
  { id: 'connector-1', serverType: 'connector' },
  { id: 'connector-2', serverType: 'connector' },
  { id: 'area-1', serverType: 'area' },
  { id: 'area-2', serverType: 'area' },
  { id: 'chat-1', serverType: 'chat' },
];

exports.list = (basePort) =>
  SERVERS.map((server, index) => Object.assign({ host: '127.0.0.1', port: basePort + index }, server));

exports.records = ['connector', 'area', 'chat'].map((serverType) => ({
  namespace: 'user',
  serverType: serverType,
  path: path.join(__dirname, '../servers', serverType, 'remote'),
}));

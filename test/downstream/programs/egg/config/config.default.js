const path = require('node:path');

exports.keys = 'a key for the cookies of this program';
exports.security = { csrf: { enable: false } };
exports.logger = { dir: path.join(__dirname, '../logs'), consoleLevel: 'INFO' };
exports.cluster = { listen: { port: Number(process.env.HTTP_PORT), hostname: '127.0.0.1' } };

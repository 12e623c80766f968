// The same package, whether it is required or imported.
const required = require('mailstation');

import('mailstation').then((imported) => {
  const names = Object.keys(imported).filter((name) => name !== 'module.exports');
  const isSame = names.length > 0 && names.every((name) => required[name] === imported[name]);
  console.log(typeof required.createServer, isSame ? 'one copy' : 'two copies');
});

// What a dependency requires is what this package has under the same name.
const found = require('user');

for (const name of Object.keys(found)) {
  const isEntry = found[name] === require(`mailstation/${name}`);
  console.log(`${name}: ${isEntry ? 'the entry' : 'another module'}`);
}

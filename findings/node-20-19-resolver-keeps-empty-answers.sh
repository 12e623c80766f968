#!/usr/bin/env bash
# Node 20.19.0, and 24.21.0 beside it: a dns.Resolver asks for a name again and again, as a program does that waits for its servers. At
# first the name server answers with no records, and with no SOA record, which would say how long that holds. A second later the name
# has an address. A guess would be that each resolve4() is a question, as the documentation of node:dns knows no cache. Node 20.19.0
# asks once: its c-ares keeps the empty answer, and each later resolve4() of that Resolver rejects with ENODATA, without a question,
# for as long as the script looks. Node 24.21.0 asks each time. A new Resolver asks anew on both.
#
# Seen: "v20.19.0: 1 question, then ENODATA ENODATA ENODATA, from a new Resolver 10.0.0.5" and "v24.21.0: 4 questions, then 10.0.0.5
# 10.0.0.5 10.0.0.5, from a new Resolver 10.0.0.5".
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
cpu=$(node -p process.arch)
npm install --silent --no-fund --no-audit --ignore-scripts "old@npm:node-linux-$cpu@20.19.0" "new@npm:node-linux-$cpu@24.21.0"

cat > program.cjs <<'PROGRAM'
const { createSocket } = require('node:dgram');
const { Resolver } = require('node:dns').promises;

let questions = 0;
let hasAddress = false;
const server = createSocket('udp4');
server.on('message', (question, { port, address }) => {
  questions += 1;
  const end = question.indexOf(0, 12) + 5; // name, type, class
  const head = Buffer.from([question[0], question[1], 0x81, 0x80, 0, 1, 0, hasAddress ? 1 : 0, 0, 0, 0, 0]);
  const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 10, 0, 0, 5]); // time to live: 0
  server.send(Buffer.concat([head, question.subarray(12, end), ...(hasAddress ? [record] : [])]), port, address);
});

function resolver() {
  const made = new Resolver();
  made.setServers([`127.0.0.1:${server.address().port}`]);
  return made;
}
const ask = (asked) => asked.resolve4('chat.example').then(([address]) => address, ({ code }) => code);
const second = () => new Promise((resolve) => setTimeout(resolve, 1_000));

server.bind(0, '127.0.0.1', async () => {
  const patient = resolver();
  await ask(patient);
  hasAddress = true;
  const answers = [];
  while (answers.length < 3) {
    await second();
    answers.push(await ask(patient));
  }
  const count = questions === 1 ? '1 question' : `${questions} questions`;
  const fresh = await ask(resolver());
  console.log(`${process.version}: ${count}, then ${answers.join(' ')}, from a new Resolver ${fresh}`);
  server.close();
});
PROGRAM

seen=$(for version in old new; do "node_modules/$version/bin/node" program.cjs; done)
echo "$seen"
[[ $seen == *'v20.19.0: 1 question, then ENODATA ENODATA ENODATA, from a new Resolver 10.0.0.5'* ]]
[[ $seen == *'v24.21.0: 4 questions, then 10.0.0.5 10.0.0.5 10.0.0.5, from a new Resolver 10.0.0.5'* ]]

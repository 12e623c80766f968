// node world.js [first port]: starts the servers, plays a day in their world, and tells what happened.
const { fork } = require('node:child_process');
const net = require('node:net');
const path = require('node:path');
const createApp = require('./app/app');
const startClient = require('./app/rpc-client');
const callLog = require('./app/filters/call-log');
const servers = require('./config/servers');

const basePort = Number(process.argv[2] || 7000);
const app = createApp('gate-1', basePort);
const tell = (...what) =>
  console.log(what.map((each) => (typeof each === 'string' ? each : JSON.stringify(each))).join(' '));

/** Each step gets a function that goes on with the next. */
const day = [
  function morning(next) {
    app.rpc.connector.session.bind({ frontendId: 'connector-1' }, 'ada', { areaId: 'area-1' }, (err, ada) => {
      app.rpc.connector.session.bind({ frontendId: 'connector-2' }, 'bob', { areaId: 'area-1' }, (err2, bob) => {
        app.sessions = { ada: ada, bob: bob };
        tell('bound', err || err2, ada, bob);
        app.rpc.connector.session.bind({ frontendId: 'connector-1' }, 'ada', {}, (err3) => {
          tell('bound twice is an error:', Boolean(err3));
          next();
        });
      });
    });
  },

  function enter(next) {
    const { ada, bob } = app.sessions;
    app.rpc.area.player.enter(ada, ada, (err, area, players) => {
      tell('entered', err, area, players);
      app.rpc.area.player.enter(bob, bob, (err2, area2, players2) => {
        tell('entered', err2, area2, players2);
        app.rpc.chat.room.members(ada, 'area-1', (err3, members) => {
          tell('in the room', err3, members);
          next();
        });
      });
    });
  },

  function explore(next) {
    const { ada } = app.sessions;
    const found = [];
    for (const steps of [30, 20, 10]) {
      app.rpc.area.scene.explore(ada, steps, (err, walked, place, prize) => {
        found.push([err, walked, place, prize]);
        if (found.length < 3) return;
        tell(
          'explored',
          found.sort((a, b) => a[1] - b[1]),
        );
        next();
      });
    }
  },

  function describe(next) {
    app.rpc.area.scene.describe.toServer('area-2', (err, scene) => {
      tell('area-2 is', err, scene);
      app.rpc.area.scene.describe({ areaId: 'area-1' }, (err2, scene2) => {
        tell('area-1 is', err2, scene2);
        next();
      });
    });
  },

  function fight(next) {
    const { ada } = app.sessions;
    app.rpc.area.player.attack(ada, ada, 'bob', 60, (err, first) => {
      app.rpc.area.player.attack(ada, ada, 'bob', 60, (err2, second) => {
        app.rpc.area.player.attack(ada, ada, 'bob', 60, (err3, third) => {
          tell('attacked', err || err2 || err3, first, second, third);
          next();
        });
      });
    });
  },

  function talk(next) {
    app.rpc.chat.room.say(app.sessions.bob, 'area-1', 'bob', 'what a goblin', (err) => {
      tell('said', err);
      app.rpc.chat.history.last(null, 'area-1', 5, (err2, lines) => {
        tell('heard', err2, lines);
        next();
      });
    });
  },

  function trouble(next) {
    app.rpc.area.scene.descend({ areaId: 'area-2' }, 3, (err, depth) => {
      tell('descended', err, depth);
      app.rpc.area.scene.descend({ areaId: 'area-2' }, 9, (err2) => {
        tell('too deep:', Boolean(err2));
        app.rpc.area.scene.describe({ areaId: 'area-9' }, (err3) => {
          tell('no such area:', err3 instanceof Error);
          next();
        });
      });
    });
  },

  function evening(next) {
    app.rpc.connector.session.kick.toServer('connector-1', 'ada', (err, wasThere) => {
      app.rpc.connector.session.count.toServer('connector-1', (err2, count) => {
        tell('kicked', err || err2, wasThere, count);
        app.rpc.connector.push.push.toServer('*', 'night', {}, (err3) => {
          tell('night', err3 || null);
          next();
        });
      });
    });
  },

  function report(next) {
    app.rpc.connector.push.sentSoFar.toServer('connector-1', (err, id, sent) => {
      app.rpc.connector.push.sentSoFar.toServer('connector-2', (err2, id2, sent2) => {
        tell(id, err, sent);
        tell(id2, err2, JSON.stringify(sent) === JSON.stringify(sent2) ? 'the same' : sent2);
        for (const key of Object.keys(callLog.counts).sort()) tell(key, callLog.counts[key]);
        next();
      });
    });
  },
];

function untilListening(port, cb) {
  const socket = net.connect(port, '127.0.0.1');
  socket.on('connect', () => {
    socket.destroy();
    cb();
  });
  socket.on('error', () => setTimeout(untilListening, 20, port, cb));
}

const processes = servers.list(basePort).map((server) =>
  fork(path.join(__dirname, 'server.js'), [server.id, String(basePort)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  }),
);

function play(steps) {
  if (steps.length > 0) return steps[0](() => play(steps.slice(1)));
  for (const each of processes) each.kill();
  process.exit();
}

function start(waiting) {
  if (waiting.length > 0) return untilListening(waiting[0].port, () => start(waiting.slice(1)));
  startClient(app, (err) => {
    if (err) throw err;
    play(day);
  });
}
start(servers.list(basePort));

const { playGame } = require('./shared/game.cjs');

playGame(require('pinus-protocol'), require('ws').WebSocket);

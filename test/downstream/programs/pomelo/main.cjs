const { playGame } = require('./shared/game.cjs');

playGame(require('pomelo-protocol'), require('ws'));

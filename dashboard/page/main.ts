/** Entry of the page that the browser runs. */
import { h, render } from 'preact';
import { App } from './app.js';
import { Store } from './source/store.js';

const place = document.getElementById('app');
if (place === null) throw new Error('the page has no place for the dashboard');
const store = new Store();
render(h(App, { store }), place);
store.open();

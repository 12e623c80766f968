import { enter } from '/enter.js';
import { createClient } from '/mailstation.js';

const element = (id) => document.getElementById(id);
const [entrance, form, messages, online, state] = ['entrance', 'say', 'messages', 'online', 'state'].map(element);

function show(list, ...parts) {
  const item = document.createElement('li');
  for (const [className, text] of parts)
    item.append(Object.assign(document.createElement('span'), { className, textContent: text }));
  list.append(item);
  item.scrollIntoView({ block: 'end' });
}

function onEvent({ message, online: names, server, away }) {
  if (message) show(messages, ['from', message.from], ['text', message.text]);
  if (names) {
    online.replaceChildren();
    for (const name of names) show(online, ['name', name]);
  }
  if (server) state.textContent = `the room is on ${server}`;
  if (away) state.textContent = `the chat server is away (${away}); what you say arrives when it is back`;
}

async function follow(room) {
  for (;;) {
    try {
      for await (const event of room.events()) onEvent(event);
    } catch (error) {
      state.textContent = error.message;
      messages.replaceChildren(); // the connector sends all messages again
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

entrance.addEventListener('submit', async (event) => {
  event.preventDefault();
  const { name, room } = Object.fromEntries(new FormData(entrance));
  try {
    const entered = await enter(createClient, `ws://${location.host}/rpc`, name, room);
    entrance.hidden = true;
    element('chat').hidden = false;
    element('where').textContent = `${room}, as ${name}, by ${entered.connector}`;
    form.addEventListener('submit', (sent) => {
      sent.preventDefault();
      const { text } = Object.fromEntries(new FormData(form));
      form.reset();
      entered.say(text).catch((error) => show(messages, ['error', `not said: ${error.message}`]));
    });
    form.elements.text.focus();
    await follow(entered);
  } catch (error) {
    element('refused').textContent = error.message;
  }
});

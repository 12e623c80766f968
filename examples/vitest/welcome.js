/** Lets a guest in, and says whom the guest meets. The proxies are an argument, so that a test may give others. */
export async function welcome(proxies, name) {
  const guests = await proxies.user.rooms.lobby.join({ uid: name }, name);
  const others = guests.filter((guest) => guest !== name);
  return others.length === 0 ? `${name} is alone` : `${name} meets ${others.join(', ')}`;
}

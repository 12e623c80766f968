"""Calls a mailstation server: `python3 caller.py HOST PORT`, with the port of main.js."""

import asyncio
import sys

from peer import Follower, RemoteError


async def main(host, port):
    rooms = await Follower.connect(host, int(port), "rooms-1")
    print("python calls greet:", await rooms.call("user.rooms.greet", "Ada"))
    sums = await asyncio.gather(*(rooms.call("user.rooms.add", n, n) for n in range(100)))
    print("python calls add 100 times at once:", sum(sums))
    for method in ("user.rooms.close", "user.rooms.burn"):
        try:
            await rooms.call(method, "Ada")
        except RemoteError as failed:
            print(f"python calls {method}: {failed.code or 'no code'}, {failed}")
    await rooms.close()


asyncio.run(main(*sys.argv[1:]))

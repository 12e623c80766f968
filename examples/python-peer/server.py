"""A server in Python for clients of mailstation. Prints its port, and serves until its input ends."""

import asyncio
import sys

from peer import serve


def reverse(text):
    return text[::-1]


def divide(a, b):
    return a / b


async def main():
    server = await serve({"user.text.reverse": reverse, "user.text.divide": divide})
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


asyncio.run(main())

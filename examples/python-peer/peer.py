"""A peer of mailstation in Python, of the standard library alone, written from the page docs/wire.md. Values travel as JSON.

`Follower.connect` calls the methods of a server, and `serve` is a server whose methods are functions.
"""

import asyncio
import itertools
import json
import struct

HEADER = struct.Struct(">BBHIIIII")  # version, kind, reserved, id (two words), timeout in ms, lengths of head and body
REQUEST, RESPONSE = 0, 1
EXT = {"version": 1, "codecs": ["json"], "features": []}
ACCEPTED = b"success^^^^$0|-1]"  # body of the answer to a registration: in another codec, and always these bytes


def to_json(value):
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def frame(kind, number, head, body=b"", timeout=1):
    return HEADER.pack(1, kind, 0, 0, number, timeout, len(to_json(head)), len(body)) + to_json(head) + body


async def read_frame(reader):
    version, kind, _, _, number, _, head, body = HEADER.unpack(await reader.readexactly(HEADER.size))
    if version != 1:
        raise ConnectionError(f"the peer speaks version {version} of the packet, and not 1")
    return kind, number, json.loads(await reader.readexactly(head) or "{}"), await reader.readexactly(body)


class RemoteError(Exception):
    def __init__(self, error, code):
        super().__init__(f"{error.get('name')}: {error.get('message')}")
        self.code = code or error.get("code")  # of the server's refusal, or of the method's own error


class Follower:
    """A connection to one server. Several calls may wait at the same time: an answer has the id of its call."""

    @classmethod
    async def connect(cls, host, port, server_id):
        self = cls()
        self.reader, self.writer = await asyncio.open_connection(host, port)
        self.numbers, self.waiting = itertools.count(1), {}
        self.reading = asyncio.create_task(self.read_answers())
        register = {"type": "register_channel", "channelName": server_id, "ext": EXT}
        _, body = await self.request(register, b"", seconds=3)
        if body != ACCEPTED:
            raise ConnectionError(f"the server refused the registration: {body.decode()}")
        return self

    async def call(self, method, *args, seconds=30):
        texts = [to_json(arg) for arg in args]
        body = b"".join(struct.pack(">I", len(text)) + text for text in texts)
        head = {"type": "invoke", "method": method, "argLength": len(args), "oneway": False}
        head, body = await self.request(head, body, seconds)
        result = json.loads(body) if body else None
        if not head.get("success"):
            raise RemoteError(result, head.get("code"))
        return result

    async def request(self, head, body, seconds):
        if self.reading.done():
            raise ConnectionError("the connection is closed")
        number = next(self.numbers)
        self.waiting[number] = answer = asyncio.get_running_loop().create_future()
        self.writer.write(frame(REQUEST, number, head, body, int(seconds * 1000)))
        try:
            return await asyncio.wait_for(answer, seconds)
        finally:
            del self.waiting[number]

    async def read_answers(self):
        try:
            while True:
                kind, number, head, body = await read_frame(self.reader)
                if kind == REQUEST:  # a heartbeat, or a type that this peer does not know
                    known = head.get("type") == "heartbeat"
                    self.writer.write(frame(RESPONSE, number, {"type": "heartbeat_res"} if known else {}))
                elif number in self.waiting and not self.waiting[number].done():
                    self.waiting[number].set_result((head, body))
        except (OSError, EOFError) as lost:
            for answer in self.waiting.values():
                if not answer.done():
                    answer.set_exception(ConnectionError(f"the connection was lost: {lost}"))

    async def close(self):
        self.writer.close()
        await self.reading


def answer(methods, head, body):
    if head.get("type") == "register_channel":
        return {"type": "register_channel_res", "ext": EXT}, ACCEPTED
    if head.get("type") != "invoke":
        return {"type": "heartbeat_res"} if head.get("type") == "heartbeat" else {}, b""
    if head["method"] not in methods:
        refusal = {"name": "RpcError", "message": f"there is no {head['method']}", "code": "ERR_RPC_NO_METHOD"}
        return {"type": "invoke_result", "success": False, "code": refusal["code"]}, to_json(refusal)
    try:
        args, at = [], 0
        for _ in range(head["argLength"]):
            (length,) = struct.unpack_from(">I", body, at)
            args.append(json.loads(body[at + 4 : at + 4 + length] or "null"))
            at += 4 + length
        return {"type": "invoke_result", "success": True}, to_json(methods[head["method"]](*args))
    except Exception as failed:  # of the method: its caller gets the failure
        error = {"name": type(failed).__name__, "message": str(failed)}
        return {"type": "invoke_result", "success": False}, to_json(error)


async def serve(methods, host="127.0.0.1", port=0):
    """Listens. `methods` has a function for each `namespace.module.method`."""

    async def accept(reader, writer):
        try:
            while True:
                kind, number, head, body = await read_frame(reader)
                if kind == REQUEST:
                    answered = answer(methods, head, body)
                    if not head.get("oneway"):
                        writer.write(frame(RESPONSE, number, *answered))
                        await writer.drain()
        except (OSError, EOFError):
            writer.close()  # the client has gone

    return await asyncio.start_server(accept, host, port)

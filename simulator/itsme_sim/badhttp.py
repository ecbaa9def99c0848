"""The HTTP faults: answers that come late, wrong, endless, or not at all."""

import asyncio
import contextlib

from aiohttp import web

from .calls import Call

DRIP_SECONDS = 0.2
HUGE_BYTES = 64 * 1024 * 1024
CHUNK = b" " * 65536


class Spoiler:
    def __init__(self, call: Call, issuer: str):
        self.call = call
        self.issuer = issuer

    async def before(self) -> web.StreamResponse | None:
        """Answers given instead of the right one; the request then has no effect."""
        call = self.call
        if call.fault("http-500") is not None:
            return self._plain(500, "Internal Server Error")
        if call.fault("http-html") is not None:
            return self._plain(200, "<html><h1>Please log in to the hotel's wifi</h1></html>")
        if (wanted := call.fault("http-status")) is not None:
            return self._refusal(*wanted.split(" "))
        if call.fault("http-redirect") is not None:
            return self._plain(302, "", {"Location": self.issuer + "/elsewhere"})
        if (seconds := call.fault("retry-after")) is not None:
            polling = call.argument is not None
            return self._plain(429 if polling else 503, "", {"Retry-After": seconds})
        if call.fault("http-garbage") is not None:
            return self._raw(b"\x16\x03\x00 \x1b[2J not HTTP\r\n\r\n" + bytes(range(256)))
        if call.fault("http-close") is not None:
            return self._raw(b"")
        if call.fault("http-stall") is not None:
            return await self._stall()
        return None

    async def after(self, response: web.Response) -> web.StreamResponse:
        """The right answer, sent in a way that hurts."""
        if (delay := self.call.fault("http-late")) is not None:
            await asyncio.sleep(float(delay))
        if self.call.fault("http-drip") is not None:
            return await self._stream(response, self._drip(response))
        if self.call.fault("http-huge") is not None:
            return await self._stream(response, self._huge(response))
        return response

    def _plain(self, status: int, text: str, headers: dict | None = None) -> web.Response:
        self.call.entry["status"] = status
        return web.Response(status=status, text=text, content_type="text/html",
                            headers=headers)

    def _refusal(self, status: str, word: str | None = None) -> web.Response:
        if word is None:
            return self._plain(int(status), "Go away")
        self.call.entry.update(status=int(status), error=word)
        return web.json_response({"error": word, "error_description": "go away"},
                                 status=int(status))

    def _raw(self, content: bytes) -> web.Response:
        """Write past the HTTP library and hang up; the response returned goes nowhere."""
        self.call.entry["status"] = 0
        self.call.request.transport.write(content)
        self.call.request.transport.close()
        return web.Response()

    async def _stall(self) -> web.Response:
        """Say nothing until the client has had enough."""
        self.call.entry["status"] = 0
        while not self._gone():
            await asyncio.sleep(0.05)
        return web.Response()

    def _gone(self) -> bool:
        transport = self.call.request.transport
        return transport is None or transport.is_closing()

    async def _stream(self, response: web.Response, pieces) -> web.StreamResponse:
        stream = web.StreamResponse(status=response.status)
        stream.content_type = response.content_type
        with contextlib.suppress(ConnectionError):      # the client may have had enough
            await stream.prepare(self.call.request)
            async for piece in pieces:
                if self._gone():
                    break
                await stream.write(piece)
            await stream.write_eof()
        return stream

    @staticmethod
    async def _drip(response: web.Response):
        for byte in response.body:
            yield bytes([byte])
            await asyncio.sleep(DRIP_SECONDS)

    @staticmethod
    async def _huge(response: web.Response):
        for _ in range(HUGE_BYTES // len(CHUNK)):
            yield CHUNK
            await asyncio.sleep(0)      # or nobody is told that the client has gone
        yield response.body

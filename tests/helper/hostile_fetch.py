"""The program itsme-fetch, replaced by a hostile one: what lies in its place (relay.c) gives its
end of the helper's channel to this test, which hears all that the helper tells the network, and
answers whatever a case likes.

    hostile.bend["token"] = function(status, answer) -> (status, answer)
    hostile.instead["token"] = function(talk, request) -> (status, answer)

The first asks the honest provider and bends its answer, as in carrier.py; the second asks nobody,
unless by talk.ask(request). Where it gives None it has said by itself what it wanted to.
"""

import base64
import http.client
import socket
import ssl
import subprocess
import tempfile
import threading
from pathlib import Path
from urllib.parse import urlsplit

import programs
from carrier import Bender, packed, unpacked
from fetch_wire import pack, receive

SOURCE = Path(__file__).parent / "relay.c"
_RELAY = []
_MAKING = threading.Lock()


def relay():
    """The program, compiled once."""
    with _MAKING:
        if not _RELAY:
            _RELAY.append(tempfile.TemporaryDirectory(prefix="relay-"))
            subprocess.run(["cc", "-O1", "-Wall", "-Werror", "-o",
                            Path(_RELAY[0].name) / "itsme-fetch", SOURCE], check=True)
    return Path(_RELAY[0].name) / "itsme-fetch"


class Talk:
    """With one helper, for one login."""

    def __init__(self, hostile, channel):
        self.hostile, self.channel = hostile, channel
        self.there = None               # the connection to the provider

    def say(self, kind, **fields):
        self.channel.sendall(pack(kind, **fields))

    def progress(self, request, sent=0):
        self.say("PROGRESS", serial=request["serial"], sent=sent, ran_ms=0, lost_ms=0)

    def fault(self, request, word):
        self.say("ANSWER", serial=request["serial"], sent=1, error=word, diag="says the network")

    def answer(self, request, status, answer, **more):
        self.say("ANSWER", **{"serial": request["serial"], "sent": 1, "status": status,
                              "body": packed(answer)} | more)

    def ask(self, request):
        """The provider itself: status, answer."""
        address = urlsplit(request["url"])
        headers = {"Accept": "application/json"}
        if "form" in request:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if "bearer" in request:
            headers["Authorization"] = "Bearer " + request["bearer"]
        if "user" in request:
            headers["Authorization"] = "Basic " + base64.b64encode(
                f"{request['user']}:{request['password']}".encode()).decode()
        if self.there is None:
            self.there = http.client.HTTPSConnection(
                address.netloc, context=self.hostile.trusting, timeout=60)
        self.there.request("POST" if "form" in request else "GET", address.path,
                           request.get("form"), headers)
        answer = self.there.getresponse()
        given = answer.status, unpacked(answer.read())
        self.hostile.given.setdefault(Bender.step_of(address.path), []).append(given)
        return given

    def run(self):
        try:
            while (message := receive(self.channel)) is not None:
                self.hostile.hear(self, *message)
        except (BrokenPipeError, ConnectionResetError):
            pass                        # the helper has had enough
        finally:
            if self.there is not None:
                self.there.close()


class HostileFetch(Bender):
    def __init__(self, build, directory):
        directory.mkdir(parents=True)
        names = ("itsme-helper", "itsme-qr")
        programs.copy([*(programs.place(build) / name for name in names
                         if (programs.place(build) / name).exists()), relay()], directory)
        self.directory, self.helper = directory, directory / "itsme-helper"
        self.trusting = ssl.create_default_context()
        self.trusting.check_hostname = False
        self.trusting.verify_mode = ssl.CERT_NONE
        self.reset()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(directory / "test"))
        self.listener.listen(16)
        threading.Thread(target=self._accept, daemon=True).start()

    def reset(self):
        super().reset()
        self.instead = {}
        self.heard = []                 # (kind, fields) of all that helpers have said
        self.given = {}                 # step -> what the provider has answered: (status, answer)

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def hear(self, talk, kind, request):
        self.heard.append((kind, request))
        if kind != "REQUEST":
            return
        step = self.step_of(urlsplit(request["url"]).path)
        self.asked.append(step)
        if step in self.instead:
            given = self.instead[step](talk, request)
        else:
            given = self.bent(step, *talk.ask(request))
        if given is not None:
            talk.answer(request, *given)

    def _accept(self):
        while True:
            try:
                there, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._converse, args=(there,), daemon=True).start()

    def _converse(self, there):
        with there:                     # the relay leaves at its end
            _, ends, _, _ = socket.recv_fds(there, 1, 1, socket.MSG_CMSG_CLOEXEC)
            with socket.socket(fileno=ends[0]) as channel:
                Talk(self, channel).run()

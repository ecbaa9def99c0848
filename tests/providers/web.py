"""A small web client: forms and JSON over TLS that trusts one CA, with a cookie jar."""
import http.cookiejar
import json
import ssl
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from email.message import Message
from html.parser import HTMLParser
from pathlib import Path

TIMEOUT = 20  # seconds


@dataclass
class Answer:
    status: int
    url: str
    headers: Message
    text: str

    @property
    def json(self) -> dict:
        """The JSON object of the body; empty where there is none, as some errors are."""
        try:
            found = json.loads(self.text)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


class Web:
    def __init__(self, ca_file: Path):
        context = ssl.create_default_context(cafile=ca_file)
        self.opener = urllib.request.build_opener(
            urllib.request.HTTPSHandler(context=context), urllib.request.ProxyHandler({}),
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def ask(self, url: str, form: dict | None = None, method: str | None = None,
            headers: dict | None = None, body: object = None) -> Answer:
        """GET, or POST where there is a FORM or a JSON BODY."""
        headers = dict(headers or {})
        data = None
        if form is not None:
            data = urllib.parse.urlencode(form).encode()
        elif body is not None:
            data = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        request = urllib.request.Request(url, data, headers, method=method)
        try:
            with self.opener.open(request, timeout=TIMEOUT) as response:
                return self._read(response)
        except urllib.error.HTTPError as error:
            with error:
                return self._read(error)

    @staticmethod
    def _read(response) -> Answer:
        return Answer(response.status, response.url, response.headers,
                      response.read().decode(errors="replace"))


class Page(HTMLParser):
    """The first form of a page, and its links."""

    def __init__(self, answer: Answer):
        super().__init__()
        self.url = answer.url
        self.action: str | None = None
        self.fields: dict[str, str] = {}
        self.links: list[str] = []
        self.feed(answer.text)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        found = dict(attrs)
        if tag == "form" and self.action is None:
            self.action = urllib.parse.urljoin(self.url, found.get("action") or "")
        elif tag == "input" and "name" in found:
            self.fields[found["name"]] = found.get("value") or ""
        elif tag == "a" and "href" in found:
            self.links.append(urllib.parse.urljoin(self.url, found["href"]))

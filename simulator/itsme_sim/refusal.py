"""A refusal: the one exception by which a rule says no to a client, as HTTP and OAuth errors."""


class Refusal(Exception):
    """`error` is the OAuth error code, `text` tells a developer which rule was broken."""

    def __init__(self, status: int, error: str, text: str, headers: dict | None = None):
        super().__init__(f"{error}: {text}")
        self.status = status
        self.error = error
        self.text = text
        self.headers = headers or {}


def bad_request(text: str) -> Refusal:
    return Refusal(400, "invalid_request", text)


def bad_client(text: str) -> Refusal:
    return Refusal(401, "invalid_client", text)


def bad_scope(text: str) -> Refusal:
    return Refusal(400, "invalid_scope", text)

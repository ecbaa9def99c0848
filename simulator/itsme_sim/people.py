"""The made-up persons who hold a phone, and the pairwise subject each client knows them by."""

import hashlib
import json
from pathlib import Path

from .files import write_private

CLAIM = "http://itsme.services/v2/claim/"
ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"
SUBJECT_LENGTH = 36

_DEVICE = {
    "os": "ANDROID", "osRelease": "14", "appName": "simulator", "appRelease": "1.0",
    "manufacturer": "nobody", "deviceModel": "SIM-1",
    "deviceLockLevel": "touchID", "rooted": False,
    "debugEnabled": False,
}


def _person(handle: str, given: str, family: str, **more) -> dict:
    claims = {
        "name": f"{given} {family}", "given_name": given, "family_name": family,
        "locale": "en", "birthdate": "1990-01-01",
        "email": f"{handle}@example.org", "email_verified": True,
        "phone_number": "+32 400000000", "phone_number_verified": True,
        "address": {"street_address": "Teststraat 1", "locality": "Brussel",
                    "postal_code": "1000", "country": "BE"},
        # not a valid number: its check digits are wrong
        CLAIM + "BENationalNumber": "90010100100",
        CLAIM + "claim_device": _DEVICE,
        CLAIM + "transaction_ip": "198.51.100.7",  # of the phone that approves
    }
    return {"id": handle, "name": claims["name"], "claims": claims | more}


DEFAULT_PEOPLE = [
    _person("alice", "Alice", "Peeters"),
    _person("bob", "Bob", "Dubois", locale="fr"),
    _person("chloe", "Chloé", "Maes", locale="nl", email_verified=False),
]


class People:
    def __init__(self, people: list[dict]):
        for person in people:
            for member in ("id", "name"):
                if not isinstance(person.get(member), str) or not person[member].strip():
                    raise ValueError(f"a person has no {member}")
            if not isinstance(person.setdefault("claims", {"name": person["name"]}), dict):
                raise ValueError(f"the claims of person {person['id']} are not an object")
        handles = {person["id"] for person in people}
        if not handles or len(handles) != len(people):
            raise ValueError("every person needs an id of their own")
        self._people = {person["id"]: person for person in people}

    @classmethod
    def load(cls, state: Path, file: Path | None = None) -> "People":
        """From `file`, else from what an earlier `serve` kept in the state, else the usual."""
        kept = state / "people.json"
        if file is None and not kept.exists():
            return cls([dict(person) for person in DEFAULT_PEOPLE])
        people = json.loads((file or kept).read_text("utf-8"))
        if not isinstance(people, list) or not all(isinstance(p, dict) for p in people):
            raise ValueError(f"{file or kept}: not a list of persons")
        return cls(people)

    def keep(self, state: Path) -> None:
        write_private(state / "people.json", json.dumps(list(self._people.values())))

    def find(self, name: str) -> dict:
        """By id, full name or first name, whatever the case; KeyError when nobody fits."""
        wanted = name.casefold()
        for person in self._people.values():
            full = person["name"].casefold()
            if wanted in (person["id"].casefold(), full, full.split()[0]):
                return person
        raise KeyError(f"nobody is called {name}")

    def first(self) -> dict:
        return next(iter(self._people.values()))

    def all(self) -> list[dict]:
        return list(self._people.values())

    def by_subject(self, subject: str, client_id: str) -> dict | None:
        for person in self._people.values():
            if subject_of(person["id"], client_id) == subject:
                return person
        return None


def subject_of(handle: str, client_id: str) -> str:
    """The pairwise subject: the same person is somebody else to every client."""
    digest = hashlib.sha512(f"subject\0{client_id}\0{handle}".encode()).digest()
    number = int.from_bytes(digest, "big")
    digits = []
    for _ in range(SUBJECT_LENGTH):
        number, digit = divmod(number, len(ALPHABET))
        digits.append(ALPHABET[digit])
    return "".join(digits)

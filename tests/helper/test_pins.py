#!/usr/bin/python3
"""The program that carries our requests to the provider, itsme-fetch, is replaced by a hostile one,
which answers whatever it likes. With the provider's keys pinned it gets nobody in without a fresh
approval.

    test_pins.py BUILD-DIRECTORY [NAME...]

Each case runs with both profiles. What an attack would bring without the pin is tried beside it,
so that a forgery is known to be a good one. As root, in a mount namespace of its own.
"""

import contextlib
import json
import re
import sys
import threading
import time
from pathlib import Path

from jwcrypto import jwe, jwk, jws

sys.path.insert(0, str(Path(__file__).parent))
import test_helper  # noqa: E402
import test_oidc  # noqa: E402
import test_steps  # noqa: E402
import programs  # noqa: E402
from carrier import Carrier  # noqa: E402
from hostile_fetch import HostileFetch  # noqa: E402
from scripted_op import SUBJECT  # noqa: E402
from test_helper import AUTO, PLACE, TOP, expect, forget, private_run  # noqa: E402

test_helper.WORKERS = 4             # each with a provider of either kind
ACR = "http://itsme.services/v2/claim/acr_"
AUTH_REQ_ID = "urn:openid:params:jwt:claim:auth_req_id"
EVIL = jwk.JWK.generate(kty="RSA", size=2048, kid="evil", use="sig")
OP_KEY = jwk.JWK.generate(kty="RSA", size=2048, kid="op-1", use="sig")
OK = ("authenticated", "ok")


def public(key, **more):
    return key.export_public(as_dict=True) | more


class World:
    """A provider, a hostile carrier before it, which is a program in the place of itsme-fetch, and
    a configuration that pins the provider's keys."""

    shows, rings = (), ()               # arguments of a login that does the one or the other
    tokens = ()                         # ID Tokens that the carrier has seen

    def __init__(self, fetch, directory):
        self.fetch = self.carrier = fetch
        self.pin_file = directory / "pinned.json"

    def reset(self):
        self.carrier.reset()
        self.tokens = []
        self.carrier.bend["token"] = self.keep
        self.use(self.fetch.helper)
        forget(self.run)

    def use(self, helper):
        """The programs beside it go with it."""
        self.site.helper_program = [*private_run(self.run), helper]

    @contextlib.contextmanager
    def behind_a_proxy(self, build):
        """Itsme-fetch is ours, and what it connects to owns its TLS."""
        self.carrier = Carrier(self.site.dir / "carrier")
        try:
            self.use(programs.helper(build))
            self.configure()
            yield
        finally:
            self.carrier.close()
            self.carrier = self.fetch

    def pin(self, *keys):
        """Pins KEYS: by default, the provider's own."""
        self.site.write(self.pin_file, json.dumps({"keys": [public(key) for key in (
            keys or (self.key,))]}))

    def provider_lines(self, pinned, more=""):
        proxy = f"proxy = {self.carrier.address}\n" if self.carrier is not self.fetch else ""
        return f"{proxy}{more}\n" + (f"provider_keys = {self.pin_file}\n" if pinned else "")

    def ca_file(self):
        return self.own_ca if self.carrier is self.fetch else self.carrier.ca_file

    def log_in(self, verdict="authenticated", reason="ok", *words, rings=False, **request):
        for record in self.run.glob("accounts/account-*"):
            record.unlink()             # a phone that has just refused rests
        helper = self.site.start(*(self.rings if rings else self.shows), **request)
        expect(helper, verdict, reason)
        for word in words:
            assert word in helper.log(), f"{word!r} is not in {helper.log()}"
        return helper

    # --- what the carrier does

    def keep(self, status, answer):
        if "id_token" in answer:
            self.tokens.append(answer["id_token"])
        return status, answer

    def give(self, make):
        """Instead of the ID Token, what MAKE() gives."""
        def bend(status, answer):
            return status, answer | {"id_token": make()} if "id_token" in answer else answer
        self.carrier.bend["token"] = bend

    # --- tokens

    def sign(self, claims, key=None, kid=None, alg="RS256"):
        made = jws.JWS(json.dumps({n: v for n, v in claims.items() if v is not None}).encode())
        key = key or self.key
        made.add_signature(key, alg, json.dumps({"alg": alg, "kid": kid or key.get("kid")}))
        return made.serialize(compact=True)

    def claims(self, **changes):
        """Of a token that is good for a login of now."""
        now = int(time.time())
        return {"iss": self.issuer, "sub": self.subject, "aud": self.client_id, "iat": now,
                "exp": now + 300, "acr": ACR + "basic"} | changes

    def token(self, key=None, kid=None, **changes):
        return self.wrap(self.sign(self.claims(**changes), key, kid))


class Itsme(World):
    """The simulator; tokens are encrypted."""

    name = "itsme"
    shows, rings = ("flow=qr",), ("flow=push",)
    client_id = test_helper.CLIENT

    def __init__(self, build, fetch, directory):
        super().__init__(fetch, directory)
        self.site = test_helper.Site(build, directory / "itsme", AUTO)
        self.own_ca = self.site.ready["ca_file"]
        self.issuer, self.subject, self.run = self.site.ready["issuer"], self.site.sub, self.site.run
        self.key = next(jwk.JWK(**key) for key in json.loads(
            (self.site.state / "provider-keys.json").read_text()) if key["use"] == "sig")
        self.ours = jwk.JWK.from_pem((self.site.dir / "keys/enc.pem").read_bytes())
        self.ours_kid = next(key["kid"] for key in json.loads(self.site.jwks.read_text())["keys"]
                             if key["use"] == "enc")

    def reset(self):
        super().reset()
        self.site.reset()
        self.pin()
        self.configure()

    def configure(self, pinned=True, login="", provider=""):
        self.site.write_config(self.issuer, self.ca_file(), f"timeout = 60\n{login}\n",
                               self.provider_lines(
                                   pinned, f"confirm_service = TEST_CONFIRM\n{provider}"))

    def echo_nonces(self):
        """The simulator does."""

    def wrap(self, token):
        made = jwe.JWE(token.encode(), json.dumps({
            "alg": "RSA-OAEP-256", "enc": "A128CBC-HS256", "cty": "JWT", "kid": self.ours_kid}))
        made.add_recipient(self.ours)
        return made.serialize(compact=True)

    def unwrap(self, token):
        opened = jwe.JWE()
        opened.deserialize(token, self.ours)
        return opened.payload.decode()

    def stop(self):
        self.site.stop()


class Oidc(World):
    """The provider of test_oidc.py; its tokens are signed alone."""

    name = "oidc"
    client_id = test_oidc.CLIENT
    subject = SUBJECT
    shows, rings = ("flow=device",), ("flow=ciba",)

    def __init__(self, build, fetch, directory):
        super().__init__(fetch, directory)
        self.site = test_oidc.Site(build, directory / "oidc", OP_KEY)
        self.own_ca = self.site.dir / "tls.pem"
        self.key, self.run = OP_KEY, self.site.dir / "run"
        self.issuer = self.site.op.issuer

    def reset(self):
        super().reset()
        self.site.reset()
        self.site.op.pending = 0
        self.site.op.claims = {"nonce": None}   # most providers' device flow knows none
        self.pin()
        self.configure()

    def configure(self, pinned=True, login="", provider=""):
        self.site.configure(self.provider_lines(pinned, f"login_hint = x\n{provider}"),
                            login=login, ca=self.ca_file())

    def echo_nonces(self):
        self.site.op.claims = {}

    @staticmethod
    def wrap(token):
        return token

    unwrap = wrap

    def stop(self):
        self.site.stop()


# --- cases, each for both worlds ----------------------------------------------------------


def good_login(world):
    """By the pin alone: nobody asks for the published keys, nor needs to know where they are."""
    world.carrier.bend["openid-configuration"] = lambda status, answer: (
        status, answer | {"jwks_uri": None})
    world.carrier.bend["jwks"] = lambda *_: (500, b"")
    world.log_in()
    world.log_in(rings=True)
    assert world.carrier.count("jwks") == 0, world.carrier.asked
    assert len(world.tokens) == 2
    told = repr(world.fetch.heard)
    assert "PRIVATE KEY" not in told and "'ca':" in told, told


def forged_by_own_keys(world):
    """Perfect ones, under a published set that says so: by the provider's kid and by another."""
    world.carrier.bend["jwks"] = lambda *_: (200, {"keys": [
        public(EVIL), public(EVIL, kid=world.key.get("kid"))]})
    for kid, reason, words in ((EVIL.get("kid"), "kid_unknown", "not by a pinned key"),
                               (world.key.get("kid"), "signature_invalid", "")):
        world.give(lambda kid=kid: world.token(EVIL, kid))
        world.configure(pinned=False)
        world.log_in(*OK)
        world.configure()
        world.carrier.asked.clear()
        world.log_in("bad_token", reason, words)
        assert world.carrier.count("jwks") == 0, "keys were fetched for a forgery"


def forged_by_the_public_key(world):
    """HMAC with what everybody knows, and no signature, where discovery offers both."""
    world.carrier.bend["openid-configuration"] = lambda status, answer: (status, answer | {
        "id_token_signing_alg_values_supported": ["HS256", "none", "RS256"]})
    secret = jwk.JWK(kty="oct", k=jwk.base64url_encode(world.key.export_to_pem()))
    world.give(lambda: world.wrap(world.sign(world.claims(), secret, world.key.get("kid"), "HS256")))
    world.log_in("bad_token", "alg_refused")


def discovery_of_another(world):
    world.carrier.bend["openid-configuration"] = lambda status, answer: (
        status, answer | {"issuer": "https://evil.example", "jwks_uri": world.issuer + "/evil"})
    world.log_in("unavailable", "provider_issuer_mismatch")


def replayed(world):
    """The token of an earlier login, also newly encrypted, and also for another account."""
    world.log_in()
    earlier = world.tokens[0]
    world.give(lambda: earlier)
    world.configure(pinned=False)
    world.log_in(*OK)
    world.configure()
    world.log_in("bad_token", "token_spent")
    world.give(lambda: world.wrap(world.unwrap(earlier)))
    world.log_in("bad_token", "token_spent")
    world.site.write_map(f"bin sub={world.subject}\n")
    world.log_in("bad_token", "token_spent", user="bin")
    world.carrier.bend["token"] = world.keep
    world.log_in(*OK, user="bin")


def replayed_where_it_was_refused(world):
    """A token that let nobody in the first time does not do so the second time."""
    world.site.write_map("daemon sub=somebody-else\n")
    world.log_in("wrong_account", "wrong_subject")
    world.site.write_map(f"daemon sub={world.subject}\n")
    world.give(lambda: world.tokens[0])
    world.log_in("bad_token", "token_spent")


def replayed_long_after(world):
    world.give(lambda: world.token(iat=int(time.time()) - 3600, exp=int(time.time()) + 3600))
    world.log_in("bad_token", "claim_iat")


def login_of_the_same_moment(world):
    """One token for two logins at once: whoever keeps it first is in, and nobody else."""
    both, stolen = threading.Barrier(2, timeout=60), []

    def bend(status, answer):
        if "id_token" not in answer:
            return status, answer
        stolen.append(answer["id_token"])
        both.wait()
        return status, answer | {"id_token": stolen[0]}

    world.carrier.bend["token"] = bend
    helpers = [world.site.start(*world.shows) for _ in range(2)]
    verdicts = []
    for helper in helpers:
        verdicts.append(helper.verdict(60.0))
        assert helper.close() == 0, helper.errors
    assert sorted(verdicts) == [OK, ("bad_token", "token_spent")], verdicts


def of_another_account_at_the_same_moment(world):
    """Kept from the login that it was for, and given to one of another account: then it is of no
    use to either."""
    world.site.write_map(f"daemon sub={world.subject}\nbin sub=somebody-else\n")
    stolen, is_here, may_go = [], threading.Event(), threading.Event()

    def bend(status, answer):
        if "id_token" not in answer:
            return status, answer
        stolen.append(answer["id_token"])
        if len(stolen) == 1:
            is_here.set()
            may_go.wait(60)
        return status, answer | {"id_token": stolen[0]}

    world.carrier.bend["token"] = bend
    robbed = world.site.start(*world.shows)
    assert is_here.wait(60), robbed.messages
    world.log_in("wrong_account", "wrong_subject", user="bin")
    may_go.set()
    expect(robbed, "bad_token", "token_spent")


def collected_on_its_own(world):
    """With the code and the assertion of a login, which it tells of a refusal. What it has then
    counts once, and with a nonce for no other login at all."""
    def collect():
        kept = []

        def instead(talk, request):
            status, answer = talk.ask(request)
            if "id_token" not in answer:
                return status, answer
            kept.append(answer)
            return 400, {"error": "access_denied"}

        world.fetch.instead["token"] = instead
        world.log_in("denied", "user_denied")
        world.fetch.instead["token"] = lambda *_: (200, kept[0])

    collect()
    world.log_in(*OK)                   # the approval of a moment ago: that is what remains
    world.log_in("bad_token", "token_spent")
    world.echo_nonces()
    world.configure(provider="nonce = required")
    collect()
    world.log_in("bad_token", "claim_nonce")


def without_a_provider(world):
    """It makes up every answer, as that once was, with a token of its own or of earlier."""
    world.log_in()
    answers = {step: list(given) for step, given in world.fetch.given.items()}
    for step, given in answers.items():
        world.fetch.instead[step] = lambda *_, given=given: (
            given.pop(0) if len(given) > 1 else given[0])
    world.log_in("bad_token", "token_spent")
    status, answer = answers["token"][0]
    forged = world.token(EVIL)
    world.fetch.instead["token"] = lambda *_: (status, answer | {"id_token": forged})
    world.fetch.instead["jwks"] = lambda *_: (200, {"keys": [public(EVIL)]})
    world.log_in("bad_token", "kid_unknown", "not by a pinned key")
    world.configure(pinned=False)
    world.log_in(*OK)
    assert answers.keys() == world.fetch.given.keys(), "the provider was asked"


def of_a_lower_acr(world):
    word = "advanced" if world.name == "itsme" else ACR + "advanced"
    world.configure(login=f"required_acr = {word}")
    world.give(world.token)
    world.log_in("not_good_enough", "claim_acr")


def of_another_request(world):
    """One that says so, as a provider may."""
    world.give(lambda: world.token(**{AUTH_REQ_ID: "another"}))
    world.log_in("bad_token", "claim_auth_req_id", rings=True)


def of_an_earlier_approval(world):
    """What a refresh token brings: issued now, and approved long ago."""
    world.give(lambda: world.token(auth_time=int(time.time()) - 3600))
    world.log_in("not_good_enough", "claim_auth_time", rings=True)
    world.give(lambda: world.token(auth_time=int(time.time())))
    world.log_in(rings=True)


def of_another_machine(world):
    """Approved at this moment for a login elsewhere. Only a nonce tells: else it counts."""
    world.give(world.token)
    world.log_in(*OK, rings=True)
    world.configure(provider="nonce = required")
    for nonce, rings in ((None, False), (None, True), ("another", False)):
        world.give(lambda nonce=nonce: world.token(nonce=nonce))
        world.log_in("bad_token", "claim_nonce", rings=rings)


def nonce_is_echoed(world):
    world.echo_nonces()
    world.configure(provider="nonce = required")
    for rings in (False, True):
        world.log_in(rings=rings)
    assert all("nonce" in json.loads(jws.base64url_decode(world.unwrap(token).split(".")[1]))
               for token in world.tokens), "none was sent"


def unsigned_userinfo(world):
    """Says whatever is wanted, and counts for nothing; signed by a pinned key it does."""
    claim = "level"
    world.configure(login=f"required_claims = {claim}=sure")
    answer = {"iss": world.issuer, "aud": world.client_id, "sub": world.subject, claim: "sure"}
    world.carrier.bend["userinfo"] = lambda *_: (200, answer)
    if world.name == "itsme":
        world.log_in("unavailable", "provider_answer_invalid", "bare JSON")
    else:
        world.log_in("not_good_enough", "claim_required", "unsigned UserInfo counts for nothing")
        world.configure(pinned=False, login=f"required_claims = {claim}=sure")
        world.log_in()
        world.configure(login=f"required_claims = {claim}=sure")
    for key, kid, verdict in ((EVIL, "evil", ("bad_token", "kid_unknown", "pinned")),
                              (None, None, OK)):
        world.carrier.bend["userinfo"] = lambda *_, key=key, kid=kid: (
            200, world.wrap(world.sign(answer, key, kid)).encode())
        world.log_in(*verdict)
    old = answer | {"iat": int(time.time()) - 3600}
    world.carrier.bend["userinfo"] = lambda *_: (200, world.wrap(world.sign(old)).encode())
    world.log_in("bad_token", "claim_iat")


def excuses(world):
    """It may say that the network is down, as anybody on it could. What only others can know it
    cannot say, so that no stack falls back, and nobody is told, because of it."""
    text = (TOP / "src/base/err.h").read_text()
    words = {name: (verdict.lower(), cause, word) for name, verdict, cause, word in re.findall(
        r'X\((\w+), (\w+), (\w+), "(\w+)"', text)}
    own = re.search(r"faults\[\] = \{(.*?)\}", (TOP / "src/http/http.c").read_text(), re.S)[1]
    own = set(re.findall(r"ERR_(\w+)", own))
    assert {words[name][1] for name in own} > {"NETWORK", "CALLER"}, own
    others = {words[name][:2]: words[name][2] for name in words.keys() - own}
    assert {("ignored", "SETUP"), ("unavailable", "PROVIDER"), ("denied", "PERSON")} < others.keys()
    for word in [*others.values(), "nonsense", ""]:
        forget(world.run)               # codes are limited
        world.fetch.instead["openid-configuration"] = lambda talk, request, word=word: (
            talk.fault(request, word))
        world.log_in("unavailable", "fetch_gone", "something that it may not say")
    assert words["FETCH"][1] == "CALLER"
    for name, said in (("HTTP_TLS", ("unavailable", "provider_tls")),
                       ("SYSTEM", ("misconfigured", "system_call"))):
        assert name in own
        world.fetch.instead["openid-configuration"] = lambda talk, request, said=said: (
            talk.fault(request, said[1]))
        world.log_in(*said)


def flood(talk, request):
    for _ in range(1000):
        talk.progress(request)


def answer_twice(talk, request):
    given = talk.ask(request)
    talk.answer(request, *given)
    talk.answer(request, *given)


# What it says that its channel does not know -> what the helper says of that.
RUDE = (
    (flood, "talks without end"),
    (answer_twice, "answers what was not asked"),
    (lambda talk, request: talk.answer(request, 200, {}, serial=request["serial"] + 1),
     "answers what was not asked"),
    (lambda talk, request: talk.say("REQUEST", **request), "something that it may not say"),
    (lambda talk, _: talk.channel.sendall(b"HTTP/1.1 200 OK\r\n\r\n"),
     "something that it may not say"),
    (lambda talk, request: talk.answer(request, 200, b"x" * (256 << 10) + b"x"),
     "something that it may not say"),
    (lambda talk, request: talk.answer(request, 199, {}), "a status of 199"),
    (lambda talk, _: talk.channel.shutdown(2), "itsme-fetch has gone"),
)


def rude(world):
    """Each is the end of the login, and no outage."""
    for said, words in RUDE:
        world.fetch.instead["openid-configuration"] = said
        world.log_in("unavailable", "fetch_gone", words)


def slow_and_honest(world):
    def instead(talk, request):
        for _ in range(3):
            talk.progress(request, sent=1)
        return talk.ask(request)
    world.fetch.instead["token"] = instead
    world.log_in()


def behind_a_proxy(world):
    """The same by one that itsme-fetch connects to, and whose TLS it trusts."""
    with world.behind_a_proxy(world.site.build):
        forged_by_own_keys(world)


def rotated_provider(world):
    """A new key that nobody has pinned yet is refused, and told of; pinned beside it is taken."""
    newer = jwk.JWK.generate(kty="RSA", size=2048, kid="newer", use="sig")
    world.give(lambda: world.token(newer))
    world.log_in("bad_token", "kid_unknown", "itsmectl keys refresh")
    world.pin(world.key, newer)
    world.log_in()


def tokens_cannot_be_kept(world):
    """A token that cannot be kept lets nobody in."""
    world.log_in()
    kept = world.run / "accounts/tokens"
    data = bytearray(kept.read_bytes())
    first = next(i for i in range(0, len(data), 512) if data[i])
    data[first + 100] ^= 1              # the digest of the token is in there
    kept.write_bytes(data)
    world.give(lambda: world.tokens[0])
    world.log_in("misconfigured", "system_call", "spent tokens are damaged")
    kept.unlink()
    kept.symlink_to("/dev/null")
    world.log_in("misconfigured", "state_unsafe")


def bad_pins(world):
    for text, reason in (("nonsense", "key_invalid"), ('{"keys":[]}', "key_invalid"),
                         (json.dumps({"keys": [EVIL.export(as_dict=True)]}), "key_invalid"),
                         (json.dumps({"keys": [public(EVIL, use="enc")]}), "key_invalid")):
        world.site.write(world.pin_file, text)
        world.log_in("misconfigured", reason, str(world.pin_file))
    world.pin_file.chmod(0o666)
    world.log_in("misconfigured", "key_unsafe", str(world.pin_file))
    world.pin_file.unlink()
    world.log_in("misconfigured", "key_missing", str(world.pin_file))
    assert not world.carrier.asked, "the provider was asked"


# Functions of the helper that come back early without an error, as in test_steps.py.
FORGED, REPLAYED = range(2)
STEPS = {"jwks_parse": FORGED, "setup_keys": FORGED, "spent_open": REPLAYED,
         "spent_take": REPLAYED, "state_open_tokens": REPLAYED, "state_read": REPLAYED}


def early_steps(world):
    """Whichever of them does nothing, what it should have stopped lets nobody in; the whole
    program, beside the same itsme-fetch, does let somebody in."""
    tokens = {FORGED: lambda: world.token(EVIL), REPLAYED: lambda: world.tokens[0]}
    world.carrier.bend["jwks"] = lambda *_: (200, {"keys": [public(EVIL)]})
    whole = world.fetch.helper.read_bytes()
    there = test_steps.addresses(world.site.build / "itsme-helper")
    world.use(programs.write(world.fetch.directory / "early-helper", whole))
    world.log_in()
    for name, attack in STEPS.items():
        image = bytearray(whole)
        at = test_steps.file_offset(image, there[name])
        image[at:at + len(test_steps.RETURN_OK)] = test_steps.RETURN_OK
        programs.write(world.fetch.directory / "early-helper", image)
        world.give(tokens[attack])
        helper = world.site.start(*world.shows)
        said = helper.verdict(30.0)
        helper.close()
        assert said is None or said[0] != "authenticated", name


# Those that take longest come first.
ATTACKS = (replayed, collected_on_its_own, unsigned_userinfo, without_a_provider,
           forged_by_own_keys, of_another_machine, forged_by_the_public_key, discovery_of_another,
           replayed_where_it_was_refused, replayed_long_after, login_of_the_same_moment,
           of_another_account_at_the_same_moment, of_a_lower_acr, of_another_request,
           of_an_earlier_approval)
OTHERS = (good_login, nonce_is_echoed, rotated_provider, tokens_cannot_be_kept, bad_pins)


class Site:
    """Both worlds, for one case at a time."""

    def __init__(self, build, number):
        place = PLACE / f"pins{number}"
        self.fetch = HostileFetch(build, place / "programs")
        self.worlds = {"itsme": Itsme(build, self.fetch, place / "i"),
                       "oidc": Oidc(build, self.fetch, place / "o")}

    def reset(self):
        pass                            # each case does, for the world that it wants

    def stop(self):
        for world in self.worlds.values():
            world.stop()
        self.fetch.close()


def case_of(name, case):
    def run(site):
        site.worlds[name].reset()
        case(site.worlds[name])
    return run


CASES = {case.__name__: case_of("oidc", case)
         for case in (early_steps, behind_a_proxy, excuses, rude, slow_and_honest)}
CASES |= {f"{name} {case.__name__}": case_of(name, case)
          for case in (*ATTACKS, *OTHERS) for name in ("itsme", "oidc")}

if __name__ == "__main__":
    sys.exit(test_helper.main(CASES, Site, {}, {}))

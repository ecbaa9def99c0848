"""The sides of the interoperability test, all behind one method: ask(op, …) -> text."""
import json
import subprocess

from jwcrypto import jwe, jwk, jws

ALGS = ["RS256", "PS256", "ES256", "EdDSA", "RS384", "RS512", "PS384", "PS512", "ES384",
        "RSA-OAEP", "RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW",
        "A128CBC-HS256", "A256CBC-HS512", "A128GCM", "A256GCM"]


class Refused(Exception):
    pass


class Process:
    """A program that reads requests and answers, a line each."""

    def __init__(self, name: str, command: list, cwd: str | None = None) -> None:
        self.name = name
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, cwd=cwd)

    def ask(self, op: str, **members: str) -> str:
        self.process.stdin.write(json.dumps({"op": op, **members}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline() or '{"error":"died"}')
        if "result" not in answer:
            raise Refused(answer["error"])
        return answer["result"]

    def close(self) -> int:
        self.process.stdin.close()
        return self.process.wait(timeout=30)


class Jwcrypto:
    name = "jwcrypto"

    def ask(self, op: str, **members: str) -> str:
        try:
            return getattr(self, op)(**members)
        except Exception as error:
            raise Refused(repr(error)) from error

    @staticmethod
    def sign(key: str, alg: str, payload: str) -> str:
        private = jwk.JWK.from_json(key)
        token = jws.JWS(payload)
        token.add_signature(private, alg, json.dumps(
            {"alg": alg, "kid": private["kid"], "typ": "JWT"}))
        return token.serialize(compact=True)

    @staticmethod
    def verify(set: str, token: str) -> str:
        parsed = jws.JWS()
        parsed.allowed_algs = ALGS
        parsed.deserialize(token)
        kid = json.loads(parsed.objects["protected"])["kid"]
        parsed.verify(jwk.JWKSet.from_json(set).get_key(kid))
        return parsed.payload.decode()

    @staticmethod
    def encrypt(set: str, alg: str, enc: str, payload: str) -> str:
        public = json.loads(set)["keys"][0]
        token = jwe.JWE(payload.encode(), json.dumps(
            {"alg": alg, "enc": enc, "kid": public["kid"], "cty": "JWT"}), algs=ALGS)
        token.add_recipient(jwk.JWK(**public))
        return token.serialize(compact=True)

    @staticmethod
    def decrypt(key: str, token: str) -> str:
        parsed = jwe.JWE(algs=ALGS)
        parsed.deserialize(token, jwk.JWK.from_json(key))
        if json.loads(parsed.objects["protected"])["cty"] != "JWT":
            raise ValueError("cty")
        return parsed.payload.decode()

    @staticmethod
    def thumbprint(key: str) -> str:
        return jwk.JWK.from_json(key).thumbprint()

    def close(self) -> int:
        return 0

"""Access tokens: signed, opaque to the caller, dead as soon as credentials are renewed."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import parse_qs

import msgspec

from cartoncloud_simulator.api.call import Answer
from cartoncloud_simulator.rules.refusals import Refusal
from cartoncloud_simulator.world.entities import Client
from cartoncloud_simulator.world.world import World, new_id

_SIGNATURE_ROUNDS = 8
_MOST_REMEMBERED = 1_000


class Tokens:
    """Issues and reads tokens; a signature read once is remembered."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._known: dict[str, tuple[str, int, float]] = {}

    def issue(self, headers: Mapping[str, str], body: bytes) -> Answer:
        client = self._authenticate(headers.get("authorization", ""))
        form = parse_qs(body.decode("latin-1"))
        if form.get("grant_type") != ["client_credentials"]:
            raise Refusal(400, body={"error": "unsupported_grant_type", "error_description": "Unsupported grant type"})
        lifetime = self._world.settings.token_seconds
        expires_at = self._world.clock.now() + lifetime
        claims = {
            "scope": ["api"],
            "iss": "cc-api",
            "exp": expires_at,
            "user": {"id": client.id, "name": client.name},
            "jti": new_id(),
            "client_id": client.id,
            "generation": client.generation,
        }
        head = _base64(msgspec.json.encode({"alg": "RS256", "typ": "JWT"}))
        signed = f"{head}.{_base64(msgspec.json.encode(claims))}"
        token = f"{signed}.{self._sign(signed)}"
        body = msgspec.json.encode({"access_token": token, "token_type": "bearer", "expires_in": lifetime})
        return Answer(200, body, {"Cache-Control": "no-store"})

    def read(self, authorization: str) -> Client:
        """The client a bearer token stands for."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise self._unauthorized("unauthorized", "Full authentication is required to access this resource")
        client_id, generation, expires_at = self._known.get(token) or self._verify(token.strip())
        client = self._world.clients.get(client_id)
        if client is None or client.generation != generation:
            raise self._unauthorized("invalid_token", "Invalid access token")
        if self._world.clock.seconds() >= expires_at:
            raise self._unauthorized("invalid_token", "Access token expired")
        return client

    def _authenticate(self, authorization: str) -> Client:
        scheme, _, encoded = authorization.partition(" ")
        try:
            text = base64.b64decode(encoded, validate=True).decode() if scheme.lower() == "basic" else ""
        except ValueError:
            text = ""
        client_id, _, secret = text.partition(":")
        client = self._world.clients.get(client_id)
        if client is None or not hmac.compare_digest(client.secret.encode(), secret.encode()):
            body = {"error": "unauthorized", "error_description": "Bad credentials"}
            raise Refusal(401, headers={"WWW-Authenticate": 'Basic realm="cc-api"'}, body=body)
        return client

    def _verify(self, token: str) -> tuple[str, int, float]:
        signed, _, signature = token.rpartition(".")
        if not signed or not hmac.compare_digest(self._sign(signed).encode(), signature.encode()):
            raise self._unauthorized("invalid_token", "Cannot convert access token to JSON")
        payload = signed.partition(".")[2]
        claims = msgspec.json.decode(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        if len(self._known) >= _MOST_REMEMBERED:
            self._known.clear()
        found = self._known[token] = claims["client_id"], claims["generation"], claims["exp"]
        return found

    def _sign(self, signed: str) -> str:
        """As long as an RSA signature, so the token has a lifelike size."""
        key = self._world.tenant.signing_key.encode()
        blocks = (hmac.digest(key, f"{number}{signed}".encode(), hashlib.sha256) for number in range(_SIGNATURE_ROUNDS))
        return _base64(b"".join(blocks))

    def _unauthorized(self, error: str, description: str) -> Refusal:
        body: object = {"error": error, "error_description": description}
        if self._world.settings.auth_error_form == "array":
            body = [{"message": description}]
        return Refusal(401, headers={"WWW-Authenticate": "Bearer"}, body=body)


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

"""Access tokens: signed, opaque to the caller, dead as soon as credentials are renewed."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlencode

import msgspec

from cartoncloud_simulator.api.call import Answer, Call
from cartoncloud_simulator.rules.refusals import Refusal
from cartoncloud_simulator.world.entities import Client
from cartoncloud_simulator.world.world import World, new_id

_SIGNATURE_ROUNDS = 8
_MOST_REMEMBERED = 1_000
_CODE_SECONDS = 600
_FORM = "application/x-www-form-urlencoded"


class Tokens:
    """Issues and reads tokens; a signature read once is remembered."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._known: dict[str, tuple[str, int, float]] = {}
        self._codes: dict[str, tuple[str, str, float]] = {}

    def issue(self, call: Call) -> Answer:
        """Answer the token call; the form must be sent as a form, though the grant type may stand in the query."""
        is_form = call.headers.get("content-type", _FORM).partition(";")[0].strip().lower() == _FORM
        form = {name: values[0] for name, values in parse_qs(call.body.decode("latin-1")).items()} if is_form else {}
        client = self._authenticate(call.headers.get("authorization", ""), form)
        match form.get("grant_type") or call.query.get("grant_type"):
            case "client_credentials":
                return self._answer(client)
            case "refresh_token" if self._world.settings.refresh_token_sent:
                if not hmac.compare_digest(form.get("refresh_token", ""), self._refresh_token(client)):
                    raise self._refused(400, "invalid_grant", "Invalid refresh token")
                return self._answer(client)
            case "authorization_code":
                self._spend_code(client, form)
                return self._answer(client)
            case None:
                raise self._refused(400, "invalid_request", "Missing grant type")
            case other:
                raise self._refused(400, "unsupported_grant_type", f"Unsupported grant type: {other}")

    def authorize(self, call: Call) -> Answer:
        """Send the browser back with a code; whom a person would be asked is granted at once."""
        client, back = self._world.clients.get(call.query.get("client_id", "")), call.query.get("redirect_uri", "")
        if client is None:
            raise self._refused(401, "invalid_client", "Bad client credentials")
        if call.query.get("response_type") != "code":
            raise self._refused(400, "unsupported_response_type", "Unsupported response type")
        if not back.startswith(("http://", "https://")):
            raise self._refused(400, "invalid_request", "A redirect_uri must be supplied")
        code = new_id()
        self._codes[code] = client.id, back, self._world.clock.seconds() + _CODE_SECONDS
        sent = {"code": code, **({"state": call.query["state"]} if "state" in call.query else {})}
        return Answer(302, headers={"Location": f"{back}{'&' if '?' in back else '?'}{urlencode(sent)}"})

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

    def _answer(self, client: Client) -> Answer:
        lifetime = self._world.settings.token_seconds
        claims = {
            "scope": ["api"],
            "iss": "cc-api",
            "exp": self._world.clock.now() + lifetime,
            "user": {"id": client.id, "name": client.name},
            "jti": new_id(),
            "client_id": client.id,
        }
        head = _base64(msgspec.json.encode({"alg": "RS256", "typ": "JWT"}))
        signed = f"{head}.{_base64(msgspec.json.encode(claims))}"
        token = f"{signed}.{self._sign(signed, client)}"
        body = {"access_token": token, "token_type": "bearer", "expires_in": lifetime}
        if self._world.settings.refresh_token_sent:
            body["refresh_token"] = self._refresh_token(client)
        return Answer(200, msgspec.json.encode(body), {"Cache-Control": "no-store"})

    def _refresh_token(self, client: Client) -> str:
        """One per generation of credentials, so that it dies with them."""
        return self._sign(f"refresh:{client.id}", client)

    def _authenticate(self, authorization: str, form: Mapping[str, str]) -> Client:
        scheme, _, encoded = authorization.partition(" ")
        try:
            text = base64.b64decode(encoded, validate=True).decode() if scheme.lower() == "basic" else ""
        except ValueError:
            text = ""
        client_id, _, secret = text.partition(":")
        if not authorization and self._world.settings.token_credentials_in_form:
            client_id, secret = form.get("client_id", ""), form.get("client_secret", "")
        client = self._world.clients.get(client_id)
        if client is None or not hmac.compare_digest(client.secret.encode(), secret.encode()):
            realm = {"WWW-Authenticate": 'Basic realm="cc-api"'}
            raise self._refused(401, "unauthorized", "Bad credentials", realm)
        return client

    def _spend_code(self, client: Client, form: Mapping[str, str]) -> None:
        owner, back, expires_at = self._codes.pop(form.get("code", ""), ("", "", 0.0))
        if owner != client.id or back != form.get("redirect_uri") or expires_at <= self._world.clock.seconds():
            raise self._refused(400, "invalid_grant", "Invalid authorization code")

    def _verify(self, token: str) -> tuple[str, int, float]:
        signed, _, signature = token.rpartition(".")
        claims = _read_claims(signed)
        client = self._world.clients.get(str(claims.get("client_id")))
        if client is None or not hmac.compare_digest(self._sign(signed, client).encode(), signature.encode()):
            raise self._unauthorized("invalid_token", "Cannot convert access token to JSON")
        if len(self._known) >= _MOST_REMEMBERED:
            self._known.clear()
        found = self._known[token] = client.id, client.generation, claims["exp"]
        return found

    def _sign(self, signed: str, client: Client) -> str:
        """As long as an RSA signature, so the token has a lifelike size; other for every generation of credentials."""
        key = f"{self._world.tenant.signing_key}{client.generation}".encode()
        blocks = (hmac.digest(key, f"{number}{signed}".encode(), hashlib.sha256) for number in range(_SIGNATURE_ROUNDS))
        return _base64(b"".join(blocks))

    def _refused(self, status: int, error: str, description: str, headers: dict[str, str] | None = None) -> Refusal:
        """A refusal of the token call itself."""
        return Refusal(status, headers=headers, body=_error(self._world.settings.token_error_form, error, description))

    def _unauthorized(self, error: str, description: str) -> Refusal:
        form = self._world.settings.auth_error_form
        return Refusal(401, headers={"WWW-Authenticate": "Bearer"}, body=_error(form, error, description))


def _error(form: str, error: str, description: str) -> Any:
    if form == "array":
        return [{"message": description}]
    return {"error": error, "error_description": description}


def _read_claims(signed: str) -> dict[str, Any]:
    """What the middle part holds, nothing if it cannot be read."""
    payload = signed.partition(".")[2]
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)), type=dict[str, Any])
    except ValueError:
        return {}


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

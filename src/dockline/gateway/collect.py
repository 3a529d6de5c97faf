"""Read what somebody outside sends us: strictly, and of a far side's call only what people may want to see of it."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from dockline.connectors.contract.errors import Unreadable
from dockline.connectors.contract.spec import ConnectorSpec
from dockline.connectors.toolkit import json
from dockline.connectors.toolkit.redaction import Redactor
from dockline.kit.errors import Invalid

MAX_BYTES = 1024 * 1024
"""The longest body a call may have."""

_ID_CHARACTERS = 100


@dataclass(frozen=True)
class ReadCall:
    """What is kept of a call: `body` has personal data and the key masked."""

    external_id: str
    size: int
    digest: str
    body: str


def read_json(body: bytes, *, odd_text: bool = False) -> Any:
    """Read JSON into plain values by the reader that far sides' answers go through too. Raises Invalid.

    With `odd_text` NUL and half characters are let through, for who looks at each text and names the wrong one.
    """
    try:
        return json.read_tree(body, odd_text=odd_text)
    except Unreadable as error:
        raise Invalid(error.message.replace("The answer", "The body"), field="body") from None


def read_call(spec: ConnectorSpec, body: bytes, *, key_parts: tuple[str, ...]) -> ReadCall:
    """Read a body as JSON; nothing of it is believed. Raises Invalid unless it is one JSON object, strictly."""
    if len(body) > MAX_BYTES:
        raise Invalid(f"The body is larger than {MAX_BYTES:,} bytes.", field="body")
    tree = read_json(body)
    if not isinstance(tree, dict):
        raise Invalid("The body is not a JSON object.", field="body")
    assert spec.webhooks is not None, "a connector without webhooks is not called"
    external_id = tree.get(spec.webhooks.id_name)
    redactor = Redactor(secrets=key_parts, personal_keys=spec.personal_keys)
    return ReadCall(
        external_id=external_id[:_ID_CHARACTERS] if isinstance(external_id, str) else "",
        size=len(body),
        digest=sha256(body).hexdigest(),
        body=redactor.body(body),
    )

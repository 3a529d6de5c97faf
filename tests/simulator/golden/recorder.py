"""Records answers so that two runs of the same calls record the same."""

import json
import re
from typing import Any

import httpx2

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PATTERNS = (
    (re.compile(r"http://127\.0\.0\.1:\d+"), "http://simulator"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d"), "<time>"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"), "<plain time>"),
    (re.compile(r'(?<="invoiceStartDate": ")[\d-]+|(?<="invoiceEndDate": ")[\d-]+'), "<day>"),
    (re.compile(r"(?<=ADJ )\d{4}-\d\d-\d\d"), "<day>"),
    (re.compile(r"\bHFL[0-9A-Z]{10}\b"), "<tracking>"),
    (re.compile(r"eyJ[\w.-]{20,}"), "<token>"),
    (re.compile(r"(?<=code=)<id \d+>"), "<code>"),
)
_NUMBERED_BY_ID = re.compile(r'(?<="numericId": ")\d{7,}(?=")|(?<="id": ")\d+(?=")|(?<="parentId": ")\d{7,}(?=")')
_UNTOLD = {"date", "content-length", "server", "connection"}


class Recorder:
    """Answers by name; ids are numbered in the order they appear."""

    def __init__(self) -> None:
        self._answers: dict[str, Any] = {}
        self._ids: dict[str, str] = {}

    def take(self, name: str, response: httpx2.Response) -> Any:
        """Keep an answer, and hand its body on."""
        assert name not in self._answers, name
        headers = {key: value for key, value in sorted(response.headers.items()) if key not in _UNTOLD}
        is_json = headers.get("content-type") == "application/json"
        body = response.json() if is_json else response.text
        self._answers[name] = {"status": response.status_code, "headers": headers, "body": body}
        return body

    def written(self) -> str:
        text = json.dumps(self._answers, indent=1, ensure_ascii=False)
        text = _UUID.sub(lambda found: self._ids.setdefault(found[0], f"<id {len(self._ids) + 1}>"), text)
        for pattern, word in _PATTERNS:
            text = pattern.sub(word, text)
        return _NUMBERED_BY_ID.sub("<number>", text) + "\n"

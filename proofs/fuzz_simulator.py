"""Call the simulator with whatever its own description allows and forbids: never a 500, never an undeclared answer.

Schemathesis makes the calls from `/_sim/openapi.json`; this adds ids that exist, so that most get past "not found".
The simulator counts what it answered. Prints one JSON object; ends with 1 if anything was found.
"""

import argparse
import itertools
import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from base64 import b64encode
from collections import Counter
from pathlib import Path
from typing import Any

from cartoncloud_simulator.testing import ControlClient, RunningSimulator, running_simulator

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
)
CALLS_BETWEEN_LOOKS = 50
LISTS = {
    "inbound-orders": "inbound-orders",
    "outbound-orders": "outbound-orders",
    "consignments": "consignments",
    "warehouse-products": "products",
    "report-runs": "report-runs",
}


def fuzz(
    running: RunningSimulator, *, examples: int, phases: str, seed: int, minutes: int | None = None
) -> dict[str, Any]:
    """Run Schemathesis on it; what was called, answered and found."""
    # No limit, and no 500 where the simulator imitates the one that the real service gives to forms.
    running.control.set(outbound_rate_limit_enabled=False, multipart_upload_status=415)
    running.control.post("/crew", {"running": True, "orders_per_second": 20})
    running.control.post("/requests/reset")
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{running.base_url}/_sim/openapi.json"]
    command += ["--checks", ",".join(CHECKS), "--phases", phases, "--max-examples", str(examples), "--seed", str(seed)]
    command += ["--header", f"Authorization: Bearer {get_token(running)}", "--suppress-health-check", "all"]
    command += [
        "--request-timeout",
        "20",
        "--no-color",
        "--exclude-path-regex",
        "^/uaa/oauth/",
        "--continue-on-failure",
    ]
    command += ["--max-time", str(minutes * 60)] if minutes else []
    root = Path(__file__).parents[1]
    paths = os.pathsep.join([str(root / "src"), str(root)])
    environment = {
        **os.environ,
        "PYTHONPATH": paths,
        "SCHEMATHESIS_HOOKS": "proofs.fuzz_simulator",
        "FUZZED": running.base_url,
    }
    with tempfile.TemporaryDirectory() as folder:
        ended = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    answers: Counter[str] = Counter()
    for outcomes in running.control.get("/requests").values():
        answers.update(outcomes)
    return {
        "calls": sum(answers.values()),
        "answers": dict(sorted(answers.items())),
        "ended": ended.returncode,
        "report": ended.stdout[-20_000:] + ended.stderr[-5_000:],
    }


def get_token(running: RunningSimulator) -> str:
    credentials = b64encode(f"{running.client_id}:{running.client_secret}".encode()).decode()
    url = f"{running.base_url}/uaa/oauth/token"
    request = urllib.request.Request(url, b"grant_type=client_credentials", {"Authorization": f"Basic {credentials}"})
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as answer:
        return str(json.load(answer)["access_token"])


class Known:
    """Ids the tenant has at the moment, handed out in turn; every fifth wish is left as it was made up."""

    def __init__(self, base_url: str) -> None:
        self._control = ControlClient(base_url)
        self._turns = itertools.count()
        self._ids: dict[str, list[str]] = {}
        self._codes: list[str] = []
        self.look()

    def look(self) -> None:
        state = self._control.get("/state")
        self.tenant = state["tenant"]["id"]
        self._ids = {"customers": [customer["id"] for customer in state["customers"]]}
        for resource, name in LISTS.items():
            rows = self._control.get(f"/lists/{name}?size=20")["rows"]
            self._ids[resource] = [row["id"] for row in rows]
            if name == "products":
                self._codes = [row["code"] for row in rows]

    def replace_path(self, path: str, made_up: dict[str, Any]) -> dict[str, Any]:
        turn = next(self._turns)
        if turn % CALLS_BETWEEN_LOOKS == CALLS_BETWEEN_LOOKS - 1:
            self.look()
        if turn % 5 == 4 or not made_up:
            return made_up
        ids = self._ids.get(path.split("/")[3] if path.startswith("/tenants/") else "", [])
        known = {"tenant": self.tenant, "id": ids[turn % len(ids)] if ids else None}
        return {name: known.get(name) or value for name, value in made_up.items()}

    def replace_body(self, body: Any) -> Any:
        turn = next(self._turns)
        if turn % 5 == 4 or not isinstance(body, dict):
            return body
        if isinstance(body.get("customer"), dict):
            body["customer"] = {"id": self._ids["customers"][turn % len(self._ids["customers"])]}
        parameters = body.get("parameters")
        if isinstance(parameters, dict) and "customer" in parameters:
            parameters["customer"] = {"id": self._ids["customers"][0]}
        for line in body["items"] if isinstance(body.get("items"), list) else []:
            details = line.get("details") if isinstance(line, dict) else None
            if isinstance(details, dict) and "product" in details:
                details["product"] = {"references": {"code": self._codes[turn % len(self._codes)]}}
        return body


if "FUZZED" in os.environ:
    import schemathesis

    known = Known(os.environ["FUZZED"])

    @schemathesis.hook
    def before_call(context: Any, case: Any, kwargs: Any) -> None:
        case.path_parameters = known.replace_path(case.path, case.path_parameters)
        case.body = known.replace_body(case.body)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=60, help="random calls per operation")
    parser.add_argument("--phases", default="examples,coverage,fuzzing")
    parser.add_argument("--minutes", type=int, help="go on with random calls until then, and no longer")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with running_simulator(furnished=True) as running:
        found = fuzz(
            running, examples=options.examples, phases=options.phases, seed=options.seed, minutes=options.minutes
        )
    report = found.pop("report")
    if found["ended"]:
        print(report)
    print(json.dumps(found, indent=2))
    return int(bool(found["ended"]))


if __name__ == "__main__":
    sys.exit(main())

"""Write docs/core-checklist.md: each id of the core checklist with its tests and its picture. Run as a module."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "core-checklist.md"
PICTURES = ROOT / "docs" / "pictures"
A_TEST = re.compile(r"^def (test_(s\d\d)_\w+)", re.MULTILINE)

REQUIREMENTS = {
    "S1": "A CartonCloud channel is created for a warehouse of an account, then configured and saved.",
    "S2": "It is found under *Fulfillment Channels > Channels* and opened by its name.",
    "S3": "It has six views: Main first, Advanced, Channel Settings, and Carrier, SKU and Reference Mappings.",
    "S4": "The general settings of Advanced apply to the channel.",
    "S5": "Lot/Serial Number Pass-Through is switched on and off.",
    "S6": "Product Description has two choices; the longer one joins both names with a hyphen.",
    "S7": "Five fields make the connection; a secret is never shown again and never leaks.",
    "S8": "Carriers and SKUs are mapped both ways, references one way; all are looked through and set.",
    "S9": "The connection's name and its Automation Mode are edited.",
    "S10": "The channel's recurring jobs are configured.",
    "S11": "The Sync actions do what they say, each on a page of its own; planned first where that is wanted.",
    "S12": "Products are imported or exported as the Master Product Source has it, on pages and in every other door.",
    "S13": "The connection is deleted.",
    "S14": "What each connector can do stands in the master list.",
}


def find_tests() -> dict[str, list[tuple[str, str]]]:
    """The files and names of the browser tests of each id, in the order they are written."""
    found: dict[str, list[tuple[str, str]]] = {one: [] for one in REQUIREMENTS}
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        for name, number in A_TEST.findall(path.read_text()):
            found[f"S{int(number[1:])}"].append((path.name, name))
    return found


def render() -> str:
    """The page as it should stand."""
    lines = [
        "# The core checklist",
        "",
        "What must work before anything else, as an operator meets it. Each line is shown by tests in a real Chromium",
        "against the real pages, and where work is done, a real worker and the CartonCloud simulator: `make browser`.",
        "`make checklist` writes this page and takes the pictures anew.",
    ]
    for number, tests in find_tests().items():
        lines += ["", f"## {number}", "", REQUIREMENTS[number], ""]
        lines += [f"- `{name}` in `tests/browser/{file}`" for file, name in tests]
        lines += ["", f"![{number} on the screen](pictures/{picture_of(number).name})"]
    return "\n".join(lines) + "\n"


def picture_of(number: str) -> Path:
    """Where the picture of an id is kept."""
    return PICTURES / f"s{int(number[1:]):02}.png"


if __name__ == "__main__":
    PAGE.write_text(render())

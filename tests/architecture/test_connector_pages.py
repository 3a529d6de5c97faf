"""The pages of docs/connectors are what the connectors declare today."""

from dockline.flows import connector_pages
from tests.architecture.sources import ROOT


def test_the_pages_are_current() -> None:
    folder = ROOT / "docs" / "connectors"
    written = {path.name: path.read_text() for path in folder.glob("*.md")}
    assert written == connector_pages.list_pages(), "run: dockline docs"

"""Write the pages of `docs/connectors` from what the connectors declare."""

from pathlib import Path
from typing import Annotated

import typer

from dockline.flows import connector_pages
from dockline.interfaces.cli.speak import plainly, say


@plainly
def docs(folder: Annotated[Path, typer.Argument(help="Where the pages go.")] = Path("docs/connectors")) -> None:
    """Write a page for each installed connector, and the master list."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in connector_pages.list_pages().items():
        (folder / name).write_text(text)
        say(str(folder / name))

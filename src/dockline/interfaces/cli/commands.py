"""The `dockline` command for people with a terminal."""

import typer

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Dockline: orders to warehouses, and back.")


@app.callback()
def dockline() -> None:
    """Dockline: orders to warehouses, and back."""

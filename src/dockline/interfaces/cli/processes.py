"""Run the product: the web server, workers, or both under one supervisor."""

import socket
import sys
from typing import Annotated

import typer
import uvicorn
from django.core.management import call_command

from dockline.interfaces.cli.speak import out
from dockline.interfaces.cli.supervisor import Child, Supervisor
from dockline.kit import database

MIGRATION_TRIES = 60

Host = Annotated[str, typer.Option(help="The address to listen on.")]
Port = Annotated[int, typer.Option(help="The port to listen on; a taken one is stepped over by `up`.")]


def up(host: Host = "127.0.0.1", port: Port = 8000, workers: Annotated[int, typer.Option(min=1)] = 1) -> None:
    """Run web, worker and clock together until interrupted; prepares the database first."""
    migrate()
    port = find_free_port(host, port)
    out.print(f"Dockline is at http://{host}:{port}", highlight=False)
    sys.stdout.flush()
    raise typer.Exit(Supervisor(children(host, port, workers)).run())


def web(host: Host = "127.0.0.1", port: Port = 8000) -> None:
    """Run the web server alone."""
    uvicorn.run(
        "dockline.config.asgi:application",
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=10,
    )


def migrate() -> None:
    """Bring the database up to date and collect what pages need. Harmless when done again.

    It waits for nobody for long, so that nobody waits behind it.
    """
    database.keep_trying(
        lambda: call_command("migrate", interactive=False, verbosity=0), tries=MIGRATION_TRIES, rest_seconds=1.0
    )
    call_command("collectstatic", interactive=False, verbosity=0)


def children(host: str, port: int, workers: int) -> list[Child]:
    """The processes of one installation."""
    command = [sys.executable, "-m", "dockline.config.start"]
    found = [Child("web", [*command, "web", "--host", host, "--port", str(port)])]
    found += [Child(f"worker {number}", [*command, "worker"]) for number in range(1, workers + 1)]
    return found


def find_free_port(host: str, wanted: int, *, tries: int = 100) -> int:
    """Return the wanted port, or the next one that nobody listens on."""
    for port in range(wanted, wanted + tries):
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    sys.exit(f"dockline: no free port from {wanted} to {wanted + tries - 1} on {host}.")

"""The command `cartoncloud-simulator`."""

import argparse
import gc
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from cartoncloud_simulator import demo, settings_page
from cartoncloud_simulator.server import PortTaken, Server
from cartoncloud_simulator.simulator import Simulator
from cartoncloud_simulator.world.journal import FolderInUse

_DEFAULT_PORT = 8700


def main(arguments: Sequence[str] | None = None) -> int:
    options = _build_parser().parse_args(arguments)
    if options.command == "settings":
        sys.stdout.write(settings_page.write_page())
        return 0
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s", stream=sys.stderr)
    return _serve(options)


def _serve(options: argparse.Namespace) -> int:
    try:
        simulator = Simulator(
            folder=options.data,
            fsync=not options.no_fsync,
            tenant_id=options.tenant_id,
            client_id=options.client_id,
            client_secret=options.client_secret,
        )
    except FolderInUse as error:
        return _fail(str(error))
    except OSError as error:
        return _fail(f"Cannot use the data folder {options.data}: {error.strerror}")
    except msgspec.MsgspecError as error:
        return _fail(f"The journal in {options.data} cannot be read: {error}")
    if options.demo and simulator.is_new:
        demo.furnish(simulator)

    def announce(base_url: str) -> None:
        sys.stdout.write(_describe(simulator, base_url, as_json=options.json) + "\n")
        sys.stdout.flush()

    try:
        server = Server(simulator, host=options.host, port=options.port, on_ready=announce)
    except PortTaken as taken:
        simulator.close()
        return _fail(str(taken))
    _collect_seldom()
    server.run_until_stopped()
    return 0


def _collect_seldom() -> None:
    """Look for cyclic garbage less often: what is kept has no cycles, and there is much of it."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 1_000)


def _describe(simulator: Simulator, base_url: str, *, as_json: bool) -> str:
    world = simulator.world
    client = simulator.main_client
    facts = {
        "base_url": base_url,
        "tenant_id": world.tenant.id,
        "client_id": client.id,
        "client_secret": client.secret,
        "customers": [{"id": customer.id, "name": customer.name} for customer in world.customers.values()],
        "warehouses": [{"id": warehouse.id, "name": warehouse.name} for warehouse in world.warehouses.values()],
    }
    if as_json:
        return msgspec.json.encode(facts).decode()
    customers = "\n".join(f"  customer   {customer.id}  {customer.name}" for customer in world.customers.values())
    warehouses = "\n".join(f"  warehouse  {found.id}  {found.name}" for found in world.warehouses.values())
    return (
        f"CartonCloud simulator at {base_url}\n"
        f"  tenant     {world.tenant.id}  {world.tenant.name}\n"
        f"  client     {client.id}\n"
        f"  secret     {client.secret}\n"
        f"{customers}\n{warehouses}\n"
        f"  panel      {base_url}/_sim"
    )


def _fail(message: str) -> int:
    sys.stderr.write(f"cartoncloud-simulator: {message}\n")
    return 1


def _build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="cartoncloud-simulator", description="A simulator of the CartonCloud API.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    serve = commands.add_parser("serve", help="serve the API and its control plane")
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    serve.add_argument("--port", type=_port, default=_DEFAULT_PORT, help="port; 0 picks a free one (default: 8700)")
    serve.add_argument("--data", type=Path, metavar="DIR", help="folder that keeps the state across restarts")
    serve.add_argument(
        "--no-fsync", action="store_true", help="answer before the disk has it: survives a kill, not a power cut"
    )
    serve.add_argument("--demo", action="store_true", help="start with customers, products, stock and orders")
    serve.add_argument("--json", action="store_true", help="print one JSON object when ready")
    serve.add_argument("--tenant-id", metavar="UUID", help="fix the tenant's id")
    serve.add_argument("--client-id", metavar="ID", help="fix the first API client's id")
    serve.add_argument("--client-secret", metavar="SECRET", help="fix the first API client's secret")
    commands.add_parser("settings", help="print the page of all settings")
    return parser


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) <= 65_535:
        return int(text)
    raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")


if __name__ == "__main__":
    sys.exit(main())

"""The documentation says what is there: links, paths, commands, options, variables, contracts, states."""

import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.core import TyperCommand, TyperGroup

from dockline.config import start
from dockline.domain.dispatches.rules import DispatchState
from dockline.interfaces.cli import commands
from tests.architecture.sources import DOCKLINE, ROOT

PAGES = sorted(
    [*ROOT.glob("*.md"), *(page for room in ("docs", "proofs", "src") for page in (ROOT / room).rglob("*.md"))]
)
CONTAINERS = [ROOT / "Dockerfile", ROOT / "compose.yaml"]
RECORDS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
TOP = {entry.name for entry in ROOT.iterdir() if not entry.name.startswith(".")}
ROOMS = {entry.name for entry in DOCKLINE.iterdir() if entry.is_dir()}

IN_BACKTICKS = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
CODE_BLOCK = re.compile(r"^```\w*\n(.*?)^```|((?:^    \S.*\n)+)", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
A_PATH = re.compile(r"[\w.-]+(?:/[\w.-]+)*/?")
A_VARIABLE = re.compile(r"\bDOCKLINE_[A-Z_]*[A-Z]")
SET_BY_OURSELVES = {"DOCKLINE_EMBEDDED"}
# Put together, so that this file does not hold what it forbids.
FORBIDDEN = re.compile(
    "|".join(("pypi" + r"\.org", "python" + "hosted", "npmjs" + r"\.", r"(?<![\w.*])/(?:work|home|Users)" + r"/\w"))
)


def names(pages: list[Path]) -> list[str]:
    return [str(page.relative_to(ROOT)) for page in pages]


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_links_lead_somewhere(page: Path) -> None:
    targets = [link.partition("#")[0] for link in LINK.findall(page.read_text()) if "://" not in link]
    missing = [target for target in targets if target and not (page.parent / target).exists()]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_paths_exist(page: Path) -> None:
    assert [path for path in named_paths(page) if not any((base / path).exists() for base in (ROOT, DOCKLINE))] == []


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_commands_and_their_options_exist(page: Path, command: TyperGroup) -> None:
    assert [
        line for line in command_lines(page) if (wrong := find_wrong_word(line, command)) is not None and wrong
    ] == []


def test_commands_are_found_in_the_pages(command: TyperGroup) -> None:
    lines = [line for page in PAGES for line in command_lines(page)]
    named = {words[1] for line in lines if len(words := shlex.split(line, comments=True)) > 1}
    assert set(command.commands) <= named
    for wrong in ("dockline fly", "dockline channel fly", "dockline up --fly", "dockline sync --fly"):
        assert find_wrong_word(wrong, command) in ("fly", "--fly")


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_verbs_exist(page: Path) -> None:
    verbs = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {match for text in code_of(page) for match in re.findall(r"^\s*make ([a-z-]+)", text, re.MULTILINE)}
    assert named <= verbs


def test_variables_are_those_of_the_program() -> None:
    source = "".join(path.read_text() for path in DOCKLINE.rglob("*.py"))
    known = {*A_VARIABLE.findall(source), *re.findall(r"\bDOCKLINE_SECRET_", source)}
    assert known >= {"DOCKLINE_DATA", "DOCKLINE_SECRET_"}
    for page in [*PAGES, *CONTAINERS]:
        named = {name for name in A_VARIABLE.findall(page.read_text()) if not name.startswith("DOCKLINE_SECRET")}
        assert named <= known, page
    settable = {name for name in known if not name.startswith("DOCKLINE_SECRET")} - SET_BY_OURSELVES
    assert settable <= set(A_VARIABLE.findall((ROOT / "docs" / "operating.md").read_text()))


def test_architecture_lists_the_import_contracts() -> None:
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    page = (ROOT / "docs" / "architecture.md").read_text()
    assert re.findall(r"^\| `([a-z-]+)` \|", page, re.MULTILINE) == [
        contract["id"] for contract in tools["importlinter"]["contracts"]
    ]


def test_reliability_explains_every_state() -> None:
    page = (ROOT / "docs" / "reliability.md").read_text()
    rows = re.findall(r"^\| ([^|]+) \| `([A-Z_]+)` \|", page, re.MULTILINE)
    assert rows == [(state.label, state.name) for state in DispatchState]


@pytest.mark.parametrize("record", RECORDS, ids=names(RECORDS))
def test_decisions_have_their_parts(record: Path) -> None:
    text = record.read_text()
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    assert re.match(rf"# {record.name[:4]} \S", text)
    assert parts[1::2] == ["Context", "Decision", "Price", "Enforced by"]
    assert all(part.strip() for part in parts[2::2])


def test_decisions_are_numbered_without_gaps() -> None:
    assert [record.name[:4] for record in RECORDS] == [f"{number:04}" for number in range(1, len(RECORDS) + 1)]


def test_nothing_names_an_index_or_a_machine() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in text_files()
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if FORBIDDEN.search(line)
    ]
    assert found == []


@pytest.fixture(scope="module")
def command() -> TyperGroup:
    """The whole command as `dockline --help` builds it, without a database."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["dockline", "--help"])
        patch.setattr(start, "find_database", lambda: pytest.fail("asking for help looked for a database"))
        with pytest.raises(SystemExit) as ended:
            start.main()
    assert ended.value.code == 0
    group = typer.main.get_command(commands.app)
    assert isinstance(group, TyperGroup)
    return group


def named_paths(page: Path) -> Iterator[str]:
    """What stands in backticks and can only be a path of this repository, or one below `src/dockline`."""
    for text in IN_BACKTICKS.findall(page.read_text()):
        first, slash, _ = text.partition("/")
        if A_PATH.fullmatch(text) and first in TOP | ROOMS and (slash or "." in text or text in TOP):
            yield text


def code_of(page: Path) -> Iterator[str]:
    text = page.read_text()
    for fenced, indented in CODE_BLOCK.findall(text):
        yield fenced or indented
    yield from IN_BACKTICKS.findall(text)


def command_lines(page: Path) -> Iterator[str]:
    for text in code_of(page):
        for line in text.replace("\\\n", " ").splitlines():
            if re.match(r"\s*dockline [a-z-]", line):
                yield line.strip()


def find_wrong_word(line: str, group: TyperGroup) -> str | None:
    """Return the first word that is no command or option of ours."""
    rest = shlex.split(line.replace("[", " ").replace("]", " "), comments=True)[1:]
    command: object = group
    while isinstance(command, TyperGroup) and rest and not rest[0].startswith("-"):
        name, *rest = rest
        if name not in command.commands:
            return name
        command = command.commands[name]
    assert isinstance(command, TyperGroup | TyperCommand)
    known = {"--help"}.union(*(parameter.opts for parameter in command.params))
    return next((word for word in rest if word.startswith("--") and word.partition("=")[0] not in known), None)


def text_files() -> Iterator[Path]:
    for top in ROOT.iterdir():
        if top.name.startswith(".") and top.name not in (".ci", ".gitignore", ".dockerignore"):
            continue
        for path in [top] if top.is_file() else top.rglob("*"):
            made = "__pycache__" in path.parts or any(part.endswith(".egg-info") for part in path.parts)
            if path.is_file() and not made and is_text(path):
                yield path


def is_text(path: Path) -> bool:
    with path.open("rb") as file:
        start_of_file = file.read(4096)
    try:
        start_of_file.decode()
    except UnicodeDecodeError as error:
        return error.start > len(start_of_file) - 4
    return b"\0" not in start_of_file

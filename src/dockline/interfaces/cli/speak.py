"""How the terminal says things: problems of ours become a sentence and exit code 2."""

import functools
import sys
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import typer
from rich.console import Console

from dockline.kit.errors import Problem

P = ParamSpec("P")
R = TypeVar("R")

out = Console(soft_wrap=True)
ACTOR = "the terminal"


def say(sentence: str) -> None:
    """Print a sentence with somebody's words in it, whose brackets are no markup."""
    out.print(sentence, markup=False, highlight=False)


def plainly(command: Callable[P, R]) -> Callable[P, R]:
    """Turn anticipated problems of a command into their sentence."""

    @functools.wraps(command)
    def spoken(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except Problem as problem:
            where = f" ({problem.field})" if problem.field else ""
            sys.stderr.write(f"dockline: {problem.message}{where}\n")
            raise typer.Exit(2) from None

    return spoken

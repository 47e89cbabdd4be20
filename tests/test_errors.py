"""The errors that a person can mend: one tree, drawn as it is."""

from __future__ import annotations

import ast
import inspect
import re

from bot import errors
from tests.test_architecture import MODULES


def test_the_tree_in_the_errors_module_is_the_tree_of_the_classes() -> None:
    stated: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"    ((?:[│ ]   )*)(├── |└── )?(\w+Error)\b", line)
        if found:
            stated.append((len(found[1]) // 4 + bool(found[2]), found[3]))
    assert stated[0] == (0, "TidewaiterError")
    parents: dict[str, str] = {}
    above: list[str] = []
    for depth, name in stated:
        above[depth:] = [name]
        if depth:
            parents[name] = above[depth - 1]
    real = {
        name: kind.__mro__[1].__name__
        for name, kind in inspect.getmembers(errors, inspect.isclass)
        if kind.__module__ == errors.__name__ and kind is not errors.TidewaiterError
    }
    assert parents == real


def test_every_error_that_a_person_can_mend_stands_in_that_tree() -> None:
    tree = {name for name, _kind in inspect.getmembers(errors, inspect.isclass)}
    for module, source in MODULES.items():
        for node in ast.walk(source):
            if isinstance(node, ast.ClassDef) and module != "bot.errors":
                bases = {ast.unparse(base) for base in node.bases}
                assert not bases & tree, f"{module} has {node.name}"

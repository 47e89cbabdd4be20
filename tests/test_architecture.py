"""The floors and the doors of docs/architecture.md, checked against the real imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# A package may import packages on lower floors, and itself. The longest prefix counts.
FLOORS: dict[str, int] = {
    "bot.domain": 0,
    "bot.errors": 0,
    "bot.log": 0,
    "bot.clock": 0,
    "bot.notify": 0,
    "bot.matching": 1,
    "bot.stories": 2,  # compares by what matching knows
    "bot.registers": 1,
    "bot.summaries": 1,
    "bot.digests": 1,
    "bot.health": 1,
    "bot.upkeep": 1,
    "bot.rendering": 2,  # shows what summaries chose
    "bot.ports": 2,
    "bot.settings": 2,
    "bot.archive": 3,
    "bot.delivery": 3,
    "bot.sources": 3,
    "bot.pipeline": 4,
    "bot.scheduler": 4,
    "bot.vitals_port": 4,
    "handlers": 4,
    "storage": 4,
    "bot.app": 5,
    "bot.serve_local": 6,
    "bot.serve_telegram": 6,
    "bot.doctor": 6,
    "bot.match_command": 6,
    "bot.stories_command": 6,
    "bot.cli_sources": 7,
    "bot.cli": 8,
    "bot.__main__": 9,
    "bot": 0,
}

# An outside thing, and the only modules that may import it (or what lies under them).
DOORS: dict[str, tuple[str, ...]] = {
    "telegram": (
        "handlers.telegram",
        "bot.delivery.telegram",
        "bot.app",
        "bot.serve_telegram",
    ),
    "httpx": ("bot.sources.fetch",),
    "httpx_aiohttp": ("bot.sources.fetch",),
    "aiohttp": ("bot.sources.fetch", "bot.sources.resolver"),
    "sqlite3": ("storage",),
    "sqlite_utils": ("storage",),
    "apscheduler": ("bot.scheduler",),
    "dotenv": ("bot.settings",),
    "prompt_toolkit": ("handlers.terminal",),
}

PURE = (
    "bot.domain",
    "bot.matching",
    "bot.stories",
    "bot.registers",
    "bot.summaries",
    "bot.digests",
    "bot.health",
    "bot.upkeep",
    "bot.rendering",
)
IMPURE_MODULES = {"socket", "subprocess", "random", "threading", "asyncio", "secrets", "logging"}


def modules() -> Iterator[tuple[str, ast.Module]]:
    for top in ("bot", "handlers", "storage"):
        for path in sorted((ROOT / top).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            yield name, ast.parse(path.read_text("utf-8"))


MODULES = dict(modules())


def imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            module = node.module or ""
            yield from (
                f"{module}.{alias.name}" if f"{module}.{alias.name}" in MODULES else module
                for alias in node.names
            )


def package(name: str) -> str:
    return max((p for p in FLOORS if name == p or name.startswith(p + ".")), key=len)


def is_under(name: str, places: tuple[str, ...]) -> bool:
    return any(name == place or name.startswith(place + ".") for place in places)


@pytest.mark.parametrize("name", MODULES)
def test_imports_go_downward_only(name: str) -> None:
    own = package(name)
    for imported in imports(MODULES[name]):
        if not is_under(imported, ("bot", "handlers", "storage")):
            continue
        target = package(imported)
        if target == own or (own == "bot.rendering" and target == "bot.summaries"):
            continue
        assert FLOORS[target] < FLOORS[own], f"{name} (floor {FLOORS[own]}) imports {imported}"


@pytest.mark.parametrize("name", MODULES)
def test_each_outside_thing_has_its_doors(name: str) -> None:
    for imported in imports(MODULES[name]):
        allowed = DOORS.get(imported.partition(".")[0])
        if allowed is not None:
            assert is_under(name, allowed), f"{name} imports {imported}; doors: {allowed}"


@pytest.mark.parametrize("name", [name for name in MODULES if is_under(name, PURE)])
def test_pure_rooms_touch_nothing_outside(name: str) -> None:
    touched = {imported.partition(".")[0] for imported in imports(MODULES[name])} & IMPURE_MODULES
    assert not touched, f"{name} is pure but imports {touched}"


@pytest.mark.parametrize("name", [n for n in MODULES if n != "bot.clock"])
def test_only_the_clock_reads_the_current_time(name: str) -> None:
    for node in ast.walk(MODULES[name]):
        if isinstance(node, ast.Attribute) and node.attr in {"now", "utcnow", "today"}:
            holder = ast.unparse(node.value)
            assert holder not in {"datetime", "date", "datetime.datetime", "datetime.date"}, name
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            assert (node.value.id, node.attr) not in {
                ("time", "time"),
                ("time", "monotonic"),
            }, name


@pytest.mark.parametrize("name", [n for n in MODULES if n != "bot.settings"])
def test_only_the_settings_read_the_environment(name: str) -> None:
    for node in ast.walk(MODULES[name]):
        if isinstance(node, ast.Attribute):
            assert ast.unparse(node) not in {"os.environ", "os.getenv"}, name


@pytest.mark.parametrize("name", [n for n in MODULES if not is_under(n, ("storage",))])
def test_sql_stands_in_storage_only(name: str) -> None:
    starts = ("SELECT ", "INSERT ", "UPDATE ", "DELETE ", "CREATE ", "PRAGMA ")
    for node in ast.walk(MODULES[name]):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            assert not node.value.lstrip().startswith(starts), f"{name}: {node.value[:60]}"


@pytest.mark.parametrize("name", MODULES)
def test_no_module_is_longer_than_400_lines(name: str) -> None:
    path = ROOT / Path(*name.split("."))
    package_file = path / "__init__.py"  # a folder of data may stand beside its module
    path = package_file if package_file.is_file() else path.with_suffix(".py")
    assert len(path.read_text("utf-8").splitlines()) <= 400, "two rooms would be easier to live in"


def test_broad_excepts_stand_in_few_places_and_at_parsers_only() -> None:
    allowed = (
        "bot.scheduler",  # the job wrapper
        "bot.pipeline.poll",  # a poll, which is a job for itself
        "bot.delivery.worker",  # the delivery loop
        "handlers.commands",  # the handlers' error door
        "bot.sources",  # third-party parsers on hostile bytes: each becomes a value
        "storage.threads",  # hands the error to whoever waits for it
        "storage.connection",  # rolls back and raises again
    )
    for name, tree in MODULES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ExceptHandler):
                caught = "" if node.type is None else ast.unparse(node.type)
                if caught in {"", "Exception", "BaseException"}:
                    assert is_under(name, allowed), f"{name}:{node.lineno} catches everything"

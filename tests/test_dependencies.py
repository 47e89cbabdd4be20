"""What the product stands on: named, explained, pinned with hashes, and from no named host."""

from __future__ import annotations

import re
import sys
import tomllib
from importlib.metadata import packages_distributions

from tests.test_architecture import MODULES, ROOT, imports

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def read(path: str) -> str:
    return (ROOT / path).read_text("utf-8")


def product_requirements() -> list[str]:
    product, _, _checks = read("requirements.in").partition("\n# Checks")
    return [
        line.partition("#")[0].strip() for line in product.splitlines() if not line.startswith("#")
    ]


def bare(requirement: str) -> str:
    return re.split(r"[\[<>=!~; ]", requirement)[0].lower().replace("_", "-")


def test_the_projects_dependencies_are_those_that_are_locked() -> None:
    assert sorted(PROJECT["dependencies"]) == sorted(product_requirements())


def test_each_requirement_says_why_it_is_there() -> None:
    for line in read("requirements.in").partition("\n# Checks")[0].splitlines():
        if not line.startswith("#"):
            assert len(line.partition("#")[2].strip()) > 10, line


def test_each_dependency_is_explained_in_the_decision_about_them() -> None:
    page = read("docs/adr/0002-dependencies.md")
    for requirement in product_requirements():
        assert re.search(rf"\b{re.escape(bare(requirement))}\b", page, re.IGNORECASE), requirement


def test_every_package_of_ours_that_is_imported_is_named_as_a_dependency() -> None:
    distributions = packages_distributions()
    extras = PROJECT["optional-dependencies"].values()
    named = {
        bare(each) for each in (*product_requirements(), *(e for extra in extras for e in extra))
    }
    for module, tree in MODULES.items():
        for imported in imports(tree):
            top = imported.partition(".")[0]
            if top in sys.stdlib_module_names or top in {"bot", "handlers", "storage"}:
                continue
            owners = {bare(owner) for owner in distributions[top]}
            assert owners & named, f"{module} imports {top} of {owners}"


def test_the_lock_pins_every_requirement_with_hashes_and_names_no_host() -> None:
    lock = read("requirements.lock")
    assert "://" not in lock
    assert "index" not in lock
    pinned: dict[str, str] = {}
    for entry in re.split(r"\n(?=\S)", lock.strip()):
        head, *hashes = entry.split("\\\n")
        name, equals, _version = head.strip().partition("==")
        assert equals, f"{head} is not pinned"
        assert hashes, f"{head} has no hash"
        assert all(re.fullmatch(r"\s+--hash=sha256:[0-9a-f]{64}\s*", h) for h in hashes), head
        pinned[bare(name)] = head
    for line in read("requirements.in").splitlines():
        if line and not line.startswith("#"):
            assert bare(line) in pinned, line

"""What is delivered to run it fits the product: settings exist, paths agree, the cage is shut."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from bot.app import _PULSE
from bot.cli import _parser
from bot.delivery.worker import _STOP_GRACE
from bot.settings import NAMES, load_settings
from bot.upkeep.judge import WRITTEN_LIMIT
from tests.test_architecture import ROOT

SERVICE = ROOT / "deploy/tidewaiter.service"
DOCKERFILE = ROOT / "deploy/Dockerfile"
COMPOSE = ROOT / "deploy/compose.yaml"


def unit() -> Mapping[str, Sequence[str]]:
    """The directives of the unit, each with its values in their order."""
    found: dict[str, list[str]] = {}
    for line in SERVICE.read_text("utf-8").splitlines():
        if line and not line.startswith(("#", "[")):
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


def seconds(value: str) -> float:
    number, word = re.fullmatch(r"(\d+)(s|min)", value).groups()  # type: ignore[union-attr]
    return int(number) * {"s": 1, "min": 60}[word]


def environment_of_unit() -> dict[str, str]:
    return dict(value.partition("=")[::2] for value in unit()["Environment"])


def test_every_setting_that_is_delivered_exists() -> None:
    for file in (SERVICE, DOCKERFILE, COMPOSE):
        text = file.read_text("utf-8")
        named = set(re.findall(r"\b(?:TIDEWAITER|TELEGRAM)_[A-Z_]+", text))
        assert named and named <= set(NAMES), file.name


def test_the_unit_starts_a_command_that_there_is_and_keeps_its_data_in_its_own_folder(
    tmp_path: Path,
) -> None:
    (start,) = unit()["ExecStart"]
    program, *words = start.split()
    assert program == f"{unit()['WorkingDirectory'][0]}/.venv/bin/tidewaiter"
    assert _parser().parse_args(words).run.__name__ == "_run"
    token = tmp_path / "token"
    token.write_text("123456789:" + "AAF-made_up0" * 3, "utf-8")
    environment = environment_of_unit()
    credential, _, _file = unit()["LoadCredential"][0].partition(":")
    assert environment["TELEGRAM_BOT_TOKEN_FILE"] == f"%d/{credential}"
    environment["TELEGRAM_BOT_TOKEN_FILE"] = str(token)
    settings = load_settings(environment, env_file=Path("no-such-file"))
    state = Path("/var/lib") / unit()["StateDirectory"][0]
    assert settings.database.parent == state
    folder = settings.backup_folder
    assert folder is not None and folder.is_relative_to(state), "all else is read-only"


def test_no_secret_stands_in_the_unit() -> None:
    """Whoever may ask systemd reads its environment."""
    assert set(environment_of_unit()) <= {"TIDEWAITER_DATABASE", "TELEGRAM_BOT_TOKEN_FILE"}


def test_the_watchdog_is_more_patient_than_our_own_judgement() -> None:
    patience = seconds(unit()["WatchdogSec"][0])
    assert unit()["Type"] == ["notify"]
    assert patience > WRITTEN_LIMIT + 2 * _PULSE.total_seconds()
    assert seconds(unit()["TimeoutStopSec"][0]) > _STOP_GRACE + 10
    assert seconds(unit()["TimeoutStartSec"][0]) >= timedelta(minutes=10).total_seconds()
    assert unit()["RestartPreventExitStatus"] == ["2"], "see docs/operations.md, exit codes"


SHUT = {
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "CapabilityBoundingSet": "",
    "ProtectKernelTunables": "yes",
    "ProtectControlGroups": "yes",
    "RestrictNamespaces": "yes",
    "UMask": "0077",
    "StateDirectoryMode": "0700",
}


@pytest.mark.parametrize("name", SHUT)
def test_the_cage_is_shut(name: str) -> None:
    assert unit()[name] == [SHUT[name]]


needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="this machine has no systemd-analyze"
)


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The unit as systemd would find it, with a program and a user that this machine has."""
    text = SERVICE.read_text("utf-8")
    text = re.sub(r"^ExecStart=\S+", f"ExecStart={sys.executable}", text, flags=re.M)
    text = re.sub(r"^(User|Group)=.*\n", "", text, flags=re.M)
    text = re.sub(r"^WorkingDirectory=.*$", f"WorkingDirectory={tmp_path}", text, flags=re.M)
    file = tmp_path / "tidewaiter.service"
    file.write_text(text, "utf-8")
    return file


@needs_systemd
def test_systemd_finds_no_fault_in_the_unit(installed: Path) -> None:
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(installed)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    said = done.stdout + done.stderr
    if "Failed to" in said and installed.name not in said:
        pytest.skip(f"systemd-analyze does not work here: {said.strip()[:200]}")
    assert [line for line in said.splitlines() if installed.name in line] == []


@needs_systemd
def test_systemd_calls_its_exposure_low(installed: Path) -> None:
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=20", str(installed)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    said = done.stdout + done.stderr
    if "Overall exposure level" not in said:
        pytest.skip(f"systemd-analyze does not judge here: {said.strip()[:200]}")
    print(said.strip().splitlines()[-1])
    assert done.returncode == 0, said


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions with their arguments, continued lines joined."""
    text = re.sub(r"\\\n\s*", " ", DOCKERFILE.read_text("utf-8"))
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(name, rest) for name, _, rest in (line.partition(" ") for line in lines)]


def test_the_image_is_of_one_pinned_base_and_runs_as_nobody() -> None:
    bases = [rest.split()[0] for name, rest in instructions() if name == "FROM"]
    assert len(set(bases)) == 1
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-\w+", bases[0])
    last = max(i for i, (name, _) in enumerate(instructions()) if name == "FROM")
    users = [rest for name, rest in instructions()[last:] if name == "USER"]
    assert users == ["10001:10001"]


def test_the_image_is_made_of_files_that_there_are_and_that_are_let_in() -> None:
    let_in = {
        line[1:]
        for line in (ROOT / "deploy/Dockerfile.dockerignore").read_text("utf-8").splitlines()
        if line.startswith("!")
    }
    copied = {
        word
        for name, rest in instructions()
        if name == "COPY" and "--from" not in rest
        for word in rest.split()[:-1]
    }
    assert copied == let_in
    assert all((ROOT / each).exists() for each in copied)


def test_the_image_keeps_its_data_in_its_volume_and_is_asked_at_its_own_port() -> None:
    said = " ".join(rest for name, rest in instructions() if name == "ENV")
    environment = {
        name: value
        for name, value in re.findall(r"(\w+)=(\S+)", said)
        if name.startswith("TIDEWAITER_")
    }
    settings = load_settings(environment, env_file=Path("no-such-file"))
    (volume,) = [rest for name, rest in instructions() if name == "VOLUME"]
    assert settings.database.is_relative_to(volume)
    assert settings.backup_folder is not None and settings.backup_folder.is_relative_to(volume)
    (check,) = [rest for name, rest in instructions() if name == "HEALTHCHECK"]
    assert settings.health_port is not None
    host, port = settings.health_port
    assert f"http://{host}:{port}/healthz" in check


def test_the_health_check_of_the_image_is_python_that_runs() -> None:
    (check,) = [rest for name, rest in instructions() if name == "HEALTHCHECK"]
    code = re.search(r'"-c", "(.*)"\]', check)
    assert code is not None
    compile(code[1], "HEALTHCHECK", "exec")


@pytest.mark.parametrize(
    "line",
    [
        "    read_only: true",
        "      - ALL",
        "      - no-new-privileges:true",
        "      - tidewaiter:/data",
        "      TELEGRAM_BOT_TOKEN_FILE: /run/secrets/telegram_token",
    ],
)
def test_the_container_has_a_read_only_root_and_no_privileges(line: str) -> None:
    assert line in COMPOSE.read_text("utf-8").splitlines()

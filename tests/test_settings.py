"""The environment and .env to Settings: what wins, what is refused, and what is never shown."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot import log
from bot.cli import main
from bot.errors import SettingError, UnknownSettingError
from bot.settings import DEFAULT_API_URL, NAMES, Settings, load_settings
from tests.test_architecture import ROOT

TOKEN = "123456789:" + "AAF-made_up0" * 3
NO_FILE = Path("no-such-env-file")


@pytest.fixture
def logging_restored() -> Iterator[None]:
    """The command line configures the process's logging; what it was comes back."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def load(**environment: str) -> Settings:
    return load_settings(environment, env_file=NO_FILE)


def env_file(folder: Path, text: str) -> Path:
    file = folder / ".env"
    file.write_text(text, "utf-8")
    return file


def test_without_any_setting_the_local_chat_is_served_from_a_file_in_data() -> None:
    settings = load()
    assert settings == Settings()
    assert settings.telegram_token is None
    assert settings.database == Path("data/tidewaiter.db")


def test_the_example_file_as_it_stands_gives_the_defaults() -> None:
    assert load_settings({}, env_file=ROOT / ".env.example") == Settings()


def test_every_setting_is_read() -> None:
    settings = load(
        TELEGRAM_BOT_TOKEN=f" {TOKEN}\n",
        TELEGRAM_API_URL="http://127.0.0.1:8081/bot/",
        TELEGRAM_PROXY="socks5://proxy.example:1080",
        TELEGRAM_TIMEOUT="2.5",
        TIDEWAITER_DATABASE="elsewhere/desk.db",
        TIDEWAITER_SOURCES="mine.toml",
        TIDEWAITER_ADMINS="12345678, 87654321",
        TIDEWAITER_ALLOW_HOSTS="intranet.example 10.1.0.0/16,[::1]",
        TIDEWAITER_PROXY="http://ada:p@ss@proxy.example:3128",
        TIDEWAITER_CONTACT="desk@ministry.example",
        TIDEWAITER_LOG_LEVEL="info",
        TIDEWAITER_BACKUPS="elsewhere/kept",
        TIDEWAITER_BACKUP_HOUR="22",
        TIDEWAITER_BACKUP_DAYS="90",
        TIDEWAITER_HEALTH_PORT="9464",
        TIDEWAITER_HEALTH_HOSTS="desk.example",
        TIDEWAITER_PING_URL="https://watchman.example/ping/0b1c",
        TIDEWAITER_PING_EVERY="2.5",
        TIDEWAITER_STUCK_AFTER="600",
        TIDEWAITER_CANARY="eu-council-press",
        NOTIFY_SOCKET="/run/systemd/notify",
    )
    assert settings == Settings(
        telegram_token=TOKEN,
        telegram_api_url="http://127.0.0.1:8081",
        telegram_proxy="socks5://proxy.example:1080",
        telegram_timeout=timedelta(seconds=2.5),
        database=Path("elsewhere/desk.db"),
        sources=Path("mine.toml"),
        admins=frozenset({12345678, 87654321}),
        allow_hosts=("intranet.example", "10.1.0.0/16", "[::1]"),
        proxy="http://ada:p@ss@proxy.example:3128",
        contact="desk@ministry.example",
        log_level="INFO",
        backups="elsewhere/kept",
        backup_hour=22,
        backup_keep=timedelta(days=90),
        health_port=("127.0.0.1", 9464),
        health_hosts=("desk.example",),
        ping_url="https://watchman.example/ping/0b1c",
        ping_every=timedelta(seconds=2.5),
        stuck_after=timedelta(minutes=10),
        canary="eu-council-press",
        notify_socket="/run/systemd/notify",
    )


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = env_file(tmp_path, "TIDEWAITER_LOG_LEVEL=DEBUG\nTIDEWAITER_CONTACT=file@desk.example\n")
    settings = load_settings({"TIDEWAITER_LOG_LEVEL": "ERROR"}, env_file=file)
    assert (settings.log_level, settings.contact) == ("ERROR", "file@desk.example")


def test_an_empty_value_in_the_environment_unsets_what_the_file_says(tmp_path: Path) -> None:
    file = env_file(tmp_path, f"TELEGRAM_BOT_TOKEN={TOKEN}\n")
    assert load_settings({"TELEGRAM_BOT_TOKEN": ""}, env_file=file).telegram_token is None


def test_reading_the_file_changes_nothing_in_the_environment(tmp_path: Path) -> None:
    load_settings(env_file=env_file(tmp_path, f"TELEGRAM_BOT_TOKEN={TOKEN}\n"))
    assert "TELEGRAM_BOT_TOKEN" not in os.environ


def test_the_file_is_taken_as_it_is_written(tmp_path: Path) -> None:
    file = env_file(
        tmp_path, "\ufeff# a comment\nTIDEWAITER_PROXY='http://ada:${HOME}$x@proxy.example:80'\n"
    )
    assert load_settings({}, env_file=file).proxy == "http://ada:${HOME}$x@proxy.example:80"


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes(b"TIDEWAITER_CONTACT=\xff\xfe")
    with pytest.raises(SettingError, match="UTF-8"):
        load_settings({}, env_file=file)


def test_the_token_may_lie_in_a_file_of_its_own(tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text(f"{TOKEN}\n", "utf-8")
    assert load(TELEGRAM_BOT_TOKEN_FILE=str(secret)).telegram_token == TOKEN


def test_the_token_itself_wins_over_the_file_of_it() -> None:
    settings = load(TELEGRAM_BOT_TOKEN=TOKEN, TELEGRAM_BOT_TOKEN_FILE="no-such-file")
    assert settings.telegram_token == TOKEN


def test_an_empty_token_file_is_no_token(tmp_path: Path) -> None:
    empty = tmp_path / "token"
    empty.write_text("\n", "utf-8")
    assert load(TELEGRAM_BOT_TOKEN_FILE=str(empty)).telegram_token is None


WRONG = [
    ("TELEGRAM_BOT_TOKEN_FILE", "no-such-file", "a readable file"),
    ("TELEGRAM_API_URL", "api.telegram.org", "an http(s) address"),
    ("TELEGRAM_API_URL", "http://[::1", "an http(s) address"),
    ("TELEGRAM_API_URL", "https://api.telegram.org:port", "an http(s) address"),
    ("TELEGRAM_API_URL", "https://api.example/?a=b", "an http(s) address"),
    ("TELEGRAM_PROXY", "proxy.example:3128", "http://host:port"),
    ("TELEGRAM_TIMEOUT", "soon", "from 1 to 300"),
    ("TELEGRAM_TIMEOUT", "0", "from 1 to 300"),
    ("TELEGRAM_TIMEOUT", "301", "from 1 to 300"),
    ("TELEGRAM_TIMEOUT", "nan", "from 1 to 300"),
    ("TIDEWAITER_ADMINS", "@ada", "user ids, for example 12345678"),
    ("TIDEWAITER_ADMINS", "-100123", "user ids, for example 12345678"),
    ("TIDEWAITER_ALLOW_HOSTS", "http://intranet.example", "host names, addresses or networks"),
    ("TIDEWAITER_ALLOW_HOSTS", "10.1.0.0/99", "host names, addresses or networks"),
    ("TIDEWAITER_PROXY", "http://proxy.example", "http://host:port"),
    ("TIDEWAITER_PROXY", "https://proxy.example:3128", "http://host:port"),
    ("TIDEWAITER_PROXY", "http://proxy.example:70000", "http://host:port"),
    ("TIDEWAITER_CONTACT", "bureau café", "plain ASCII"),
    ("TIDEWAITER_CONTACT", "a\r\nX-Evil: 1", "plain ASCII"),
    ("TIDEWAITER_LOG_LEVEL", "loud", "DEBUG, INFO, WARNING, ERROR"),
    ("TIDEWAITER_BACKUP_HOUR", "24", "from 0 to 23"),
    ("TIDEWAITER_BACKUP_HOUR", "03:00", "from 0 to 23"),
    ("TIDEWAITER_BACKUP_HOUR", "٣", "from 0 to 23"),
    ("TIDEWAITER_BACKUP_DAYS", "0", "from 1 to 3650"),
    ("TIDEWAITER_HEALTH_PORT", "0", "9464 or 127.0.0.1:9464"),
    ("TIDEWAITER_HEALTH_PORT", "65536", "9464 or 127.0.0.1:9464"),
    ("TIDEWAITER_HEALTH_PORT", "localhost:9464", "9464 or 127.0.0.1:9464"),
    ("TIDEWAITER_HEALTH_PORT", "0.0.0.0:9464", "an address of this machine alone"),
    ("TIDEWAITER_HEALTH_PORT", "[::]:9464", "an address of this machine alone"),
    ("TIDEWAITER_HEALTH_HOSTS", "http://desk.example", "without ports"),
    ("TIDEWAITER_HEALTH_HOSTS", "desk.example:9464", "without ports"),
    ("TIDEWAITER_PING_EVERY", "0", "from 1 to 3600"),
    ("TIDEWAITER_STUCK_AFTER", "never", "from 1 to 3600"),
]


@pytest.mark.parametrize(("name", "value", "expected"), WRONG)
def test_a_wrong_value_names_the_setting_the_value_and_what_is_expected(
    name: str, value: str, expected: str
) -> None:
    with pytest.raises(SettingError) as refusal:
        load(**{name: value})
    said = str(refusal.value)
    assert name in said
    assert repr(value) in said
    assert expected in said


def test_every_setting_that_can_be_wrong_is_tried_above() -> None:
    secret = {"TELEGRAM_BOT_TOKEN", "TIDEWAITER_PING_URL"}  # see the next tests
    paths = {
        "TIDEWAITER_DATABASE",
        "TIDEWAITER_SOURCES",
        "TIDEWAITER_CONCEPTS",
        "TIDEWAITER_BACKUPS",
    }  # judged when they are opened
    sources = {"TIDEWAITER_CANARY"}  # judged by the catalogue
    assert {name for name, _, _ in WRONG} == set(NAMES) - secret - paths - sources


@pytest.mark.parametrize(
    "wrong", ["watchman.example/secret", "ftp://a/secret", "http://a b/secret"]
)
def test_a_wrong_address_of_the_watchman_is_refused_and_not_shown(wrong: str) -> None:
    with pytest.raises(SettingError, match=r"TIDEWAITER_PING_URL is '\(not shown\)'") as refusal:
        load(TIDEWAITER_PING_URL=wrong)
    assert "secret" not in str(refusal.value)


def test_the_address_of_the_watchman_is_no_part_of_what_settings_look_like() -> None:
    settings = load(TIDEWAITER_PING_URL="https://watchman.example/ping/0b1c-secret?a=b")
    assert "secret" not in repr(settings)
    assert settings.secrets == (
        "https://watchman.example/ping/0b1c-secret?a=b",
        "/ping/0b1c-secret?a=b",
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", Path("elsewhere/backups")),
        ("on", Path("elsewhere/backups")),
        ("OFF", None),
        ("/var/backups/desk", Path("/var/backups/desk")),
    ],
)
def test_backups_lie_beside_the_database_unless_told_otherwise(
    value: str, expected: Path | None
) -> None:
    settings = load(TIDEWAITER_DATABASE="elsewhere/desk.db", TIDEWAITER_BACKUPS=value)
    assert settings.backup_folder == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", None),
        ("9464", ("127.0.0.1", 9464)),
        ("127.0.0.9:1", ("127.0.0.9", 1)),
        ("[::1]:65535", ("::1", 65535)),
    ],
)
def test_the_health_port_is_this_machines_alone(
    value: str, expected: tuple[str, int] | None
) -> None:
    assert load(TIDEWAITER_HEALTH_PORT=value).health_port == expected


def test_the_health_port_is_open_to_others_where_they_are_named() -> None:
    settings = load(
        TIDEWAITER_HEALTH_PORT="0.0.0.0:9464", TIDEWAITER_HEALTH_HOSTS="Desk.example, 10.0.0.7"
    )
    assert settings.health_port == ("0.0.0.0", 9464)
    assert settings.health_hosts == ("desk.example", "10.0.0.7")


@pytest.mark.parametrize("wrong", ["123:short", "not-a-token", f"{TOKEN} {TOKEN}", f"bot{TOKEN}"])
def test_a_malformed_token_is_refused_and_not_shown(wrong: str, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(wrong, "utf-8")
    for name, environment in (
        ("TELEGRAM_BOT_TOKEN", {"TELEGRAM_BOT_TOKEN": wrong}),
        ("TELEGRAM_BOT_TOKEN_FILE", {"TELEGRAM_BOT_TOKEN_FILE": str(file)}),
    ):
        with pytest.raises(SettingError) as refusal:
            load(**environment)
        said = str(refusal.value)
        assert name in said
        assert "BotFather" in said
        assert wrong not in said


@pytest.mark.parametrize("name", ["TIDEWAITER_PROXY", "TELEGRAM_PROXY", "TELEGRAM_API_URL"])
@pytest.mark.parametrize(
    "value", ["ftp://ada:hunter2@h.example:1", "ada:hunter2@h.example", "http://a:hun@ter2@[x:1"]
)
def test_a_password_in_a_wrong_address_is_not_shown(name: str, value: str) -> None:
    with pytest.raises(SettingError) as refusal:
        load(**{name: value})
    assert "hunter2" not in str(refusal.value)
    assert "hun@ter2" not in str(refusal.value)
    assert name in str(refusal.value)


def test_the_api_address_takes_no_password_since_doctor_and_messages_show_it() -> None:
    with pytest.raises(SettingError, match="without a password"):
        load(TELEGRAM_API_URL="https://ada:hunter2@api.example")


def test_neither_token_nor_proxy_is_in_the_settings_own_text() -> None:
    settings = load(TELEGRAM_BOT_TOKEN=TOKEN, TIDEWAITER_PROXY="http://ada:hunter2@h.example:1")
    assert TOKEN not in repr(settings)
    assert "hunter2" not in repr(settings)


def test_a_misspelt_setting_is_refused_and_the_right_one_named() -> None:
    with pytest.raises(UnknownSettingError, match="Did you mean TIDEWAITER_PROXY") as refusal:
        load(TIDEWAITER_PROXI="http://ada:hunter2@h.example:1")
    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "meant"),
    [("TIDEWAITER_ADMIN", "TIDEWAITER_ADMINS"), ("TELEGRAM_TOKEN", "TELEGRAM_BOT_TOKEN")],
)
def test_a_misspelt_setting_in_the_file_is_refused_too(
    name: str, meant: str, tmp_path: Path
) -> None:
    with pytest.raises(UnknownSettingError, match=f"no setting {name}. Did you mean {meant}"):
        load_settings({}, env_file=env_file(tmp_path, f"{name}=1\n"))


def test_other_programs_variables_are_none_of_ours() -> None:
    assert load(TELEGRAM_SESSION="x", HTTP_PROXY="http://proxy.example:1", HOME="x") == Settings()


def test_the_default_address_is_telegrams_own() -> None:
    assert load(TELEGRAM_API_URL="").telegram_api_url == DEFAULT_API_URL


@pytest.mark.usefixtures("logging_restored")
def test_a_host_that_the_guard_cannot_read_is_a_settings_mistake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TIDEWAITER_ALLOW_HOSTS", "1.2.3.4.5")
    assert main(["sources"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("tidewaiter: TIDEWAITER_ALLOW_HOSTS is '1.2.3.4.5'")
    assert "Traceback" not in said


@pytest.mark.usefixtures("logging_restored")
def test_a_wrong_setting_ends_the_command_with_2_and_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TELEGRAM_TIMEOUT", "soon")
    assert main(["sources"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert "TELEGRAM_TIMEOUT is 'soon'" in said.err


@pytest.mark.usefixtures("logging_restored")
def test_no_log_line_holds_a_token_or_a_password(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("DEBUG")
    logger = logging.getLogger("tests.settings")
    logger.debug("HTTP Request: POST https://api.telegram.org/bot%s/getMe", TOKEN)
    logger.info("via http://ada:hunter2@proxy.example:3128")
    try:
        raise RuntimeError(f"https://api.telegram.org/bot{TOKEN}/sendMessage")
    except RuntimeError:
        logger.exception("sending failed")
    said = capsys.readouterr().err
    assert "getMe" in said
    assert "sending failed" in said
    assert TOKEN not in said
    assert "hunter2" not in said

"""Environment to frozen Settings: the only reader of os.environ and of .env."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from dotenv import dotenv_values

from bot.errors import SettingError, UnknownSettingError

DEFAULT_API_URL = "https://api.telegram.org"
DEFAULT_DATABASE = Path("data/tidewaiter.db")
_TOKEN = re.compile(r"\d{6,}:[A-Za-z0-9_-]{30,}")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")
_LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings. `telegram_token` never appears in repr, logs or messages."""

    database: Path = DEFAULT_DATABASE
    sources: Path | None = None
    concepts: Path | None = None
    admins: frozenset[int] = frozenset()
    allow_hosts: tuple[str, ...] = ()
    proxy: str | None = field(default=None, repr=False)
    contact: str = ""
    log_level: str = "WARNING"
    telegram_token: str | None = field(default=None, repr=False)
    telegram_api_url: str = DEFAULT_API_URL
    telegram_proxy: str | None = field(default=None, repr=False)
    telegram_timeout: timedelta = timedelta(seconds=20)
    has_colour: bool = True
    backups: str = "on"
    backup_hour: int = 3
    backup_keep: timedelta = timedelta(days=30)
    health_port: tuple[str, int] | None = None
    health_hosts: tuple[str, ...] = ()
    ping_url: str | None = field(default=None, repr=False)
    ping_every: timedelta = timedelta(seconds=60)
    stuck_after: timedelta = timedelta(seconds=300)
    canary: str = "on"
    notify_socket: str | None = None

    @property
    def backup_folder(self) -> Path | None:
        """Where nightly backups go: `on` is a folder beside the database, `off` is none."""
        match self.backups.lower():
            case "off":
                return None
            case "on":
                return self.database.with_name("backups")
            case _:
                return Path(self.backups)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no log line may hold, beyond the forms that every log blacks out."""
        if self.ping_url is None:
            return ()
        parts = urlsplit(self.ping_url)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        return (self.ping_url, path) if len(path) > 8 else (self.ping_url,)


NAMES = (
    "TELEGRAM_BOT_TOKEN",
    "TELEGRAM_BOT_TOKEN_FILE",
    "TELEGRAM_API_URL",
    "TELEGRAM_PROXY",
    "TELEGRAM_TIMEOUT",
    "TIDEWAITER_DATABASE",
    "TIDEWAITER_SOURCES",
    "TIDEWAITER_CONCEPTS",
    "TIDEWAITER_ADMINS",
    "TIDEWAITER_ALLOW_HOSTS",
    "TIDEWAITER_PROXY",
    "TIDEWAITER_CONTACT",
    "TIDEWAITER_LOG_LEVEL",
    "TIDEWAITER_BACKUPS",
    "TIDEWAITER_BACKUP_HOUR",
    "TIDEWAITER_BACKUP_DAYS",
    "TIDEWAITER_HEALTH_PORT",
    "TIDEWAITER_HEALTH_HOSTS",
    "TIDEWAITER_PING_URL",
    "TIDEWAITER_PING_EVERY",
    "TIDEWAITER_STUCK_AFTER",
    "TIDEWAITER_CANARY",
)
"""Every setting; .env.example and docs/settings.md list the same (tests/test_docs.py)."""


def load_settings(
    environment: Mapping[str, str] | None = None, *, env_file: Path = Path(".env")
) -> Settings:
    """Read the settings: the environment wins over the .env file; an empty value is none.

    Raises:
        SettingError: names the setting, its value and what is expected.
    """
    # python-telegram-bot reads this one itself: retry_after as a duration, without a warning
    os.environ.setdefault("PTB_TIMEDELTA", "1")
    values: dict[str, str] = {}
    if env_file.is_file():
        try:
            # without interpolation: a password may hold a $
            written = dotenv_values(env_file, encoding="utf-8-sig", interpolate=False)
        except (OSError, UnicodeDecodeError) as error:
            raise SettingError(".env", str(env_file), f"a readable UTF-8 file ({error})") from error
        values.update((name, value or "") for name, value in written.items())
        # the file is ours alone, so that a misspelt TELEGRAM_… is a mistake there too
        _refuse_unknown(values, ("TIDEWAITER_", "TELEGRAM_"))
    outside = os.environ if environment is None else environment
    _refuse_unknown(outside, ("TIDEWAITER_",))
    values.update(outside)
    values = {name: value.strip() for name, value in values.items() if name in NAMES}
    hosts = _health_hosts(values.get("TIDEWAITER_HEALTH_HOSTS", ""))
    return Settings(
        database=_path(values, "TIDEWAITER_DATABASE") or DEFAULT_DATABASE,
        sources=_path(values, "TIDEWAITER_SOURCES"),
        concepts=_path(values, "TIDEWAITER_CONCEPTS"),
        admins=_admins(values.get("TIDEWAITER_ADMINS", "")),
        allow_hosts=_allow_hosts(values.get("TIDEWAITER_ALLOW_HOSTS", "")),
        proxy=_proxy(values, "TIDEWAITER_PROXY"),
        contact=_contact(values.get("TIDEWAITER_CONTACT", "")),
        log_level=_log_level(values.get("TIDEWAITER_LOG_LEVEL", "") or "WARNING"),
        telegram_token=_token(values),
        telegram_api_url=_api_url(values.get("TELEGRAM_API_URL", "") or DEFAULT_API_URL),
        telegram_proxy=_proxy(values, "TELEGRAM_PROXY"),
        telegram_timeout=_seconds(values, "TELEGRAM_TIMEOUT", 20, most=300),
        backups=values.get("TIDEWAITER_BACKUPS", "") or "on",
        backup_hour=_whole(values, "TIDEWAITER_BACKUP_HOUR", 3, 0, 23),
        backup_keep=timedelta(days=_whole(values, "TIDEWAITER_BACKUP_DAYS", 30, 1, 3650)),
        health_port=_health_port(values.get("TIDEWAITER_HEALTH_PORT", ""), hosts),
        health_hosts=hosts,
        ping_url=_ping_url(values.get("TIDEWAITER_PING_URL", "")),
        ping_every=_seconds(values, "TIDEWAITER_PING_EVERY", 60, most=3600),
        stuck_after=_seconds(values, "TIDEWAITER_STUCK_AFTER", 300, most=3600),
        canary=values.get("TIDEWAITER_CANARY", "") or "on",
        # of systemd, which starts us: no setting of ours (sd_notify(3))
        notify_socket=outside.get("NOTIFY_SOCKET") or None,
        # a convention of all programs, and no setting of ours (no-color.org)
        has_colour=not outside.get("NO_COLOR") and outside.get("TERM") != "dumb",
    )


def _refuse_unknown(names: Iterable[str], prefixes: tuple[str, ...]) -> None:
    for name in names:
        if name.startswith(prefixes) and name not in NAMES:
            close = difflib.get_close_matches(name, NAMES, n=1)
            raise UnknownSettingError(name, close[0] if close else None)


def _path(values: Mapping[str, str], name: str) -> Path | None:
    return Path(values[name]) if values.get(name) else None


def _admins(value: str) -> frozenset[int]:
    try:
        admins = frozenset(int(part) for part in re.split(r"[,\s]+", value) if part)
    except ValueError:
        admins = frozenset({0})
    if any(admin <= 0 for admin in admins):
        raise SettingError(
            "TIDEWAITER_ADMINS", value, "Telegram user ids, for example 12345678, 87654321"
        )
    return admins


def _allow_hosts(value: str) -> tuple[str, ...]:
    hosts = tuple(part for part in re.split(r"[,\s]+", value) if part)
    for host in hosts:
        if _HOST.fullmatch(host):
            continue
        try:
            ip_network(host.strip("[]"))
        except ValueError:
            raise SettingError(
                "TIDEWAITER_ALLOW_HOSTS",
                value,
                "host names, addresses or networks, for example intranet.example, 10.1.0.0/16",
            ) from None
    return hosts


def _proxy(values: Mapping[str, str], name: str) -> str | None:
    value = values.get(name)
    if not value:
        return None
    try:
        parts = urlsplit(value)
        is_good = (
            parts.scheme in {"http", "socks5", "socks5h"}
            and bool(parts.hostname)
            and parts.port is not None
        )
    except ValueError:
        is_good = False
    if not is_good:
        raise SettingError(
            name,
            _without_userinfo(value),
            "http://host:port or socks5://host:port, with user:password@ if needed",
        )
    return value


def _without_userinfo(address: str) -> str:
    """An address as it may be shown: whatever stands before an @ may be a password."""
    return "***@" + address.rsplit("@", 1)[1] if "@" in address else address


def _contact(value: str) -> str:
    if any(ord(char) < 32 or ord(char) > 126 for char in value):
        raise SettingError("TIDEWAITER_CONTACT", value, "an e-mail or web address in plain ASCII")
    return value


def _log_level(value: str) -> str:
    if value.upper() not in _LOG_LEVELS:
        raise SettingError("TIDEWAITER_LOG_LEVEL", value, f"one of {', '.join(_LOG_LEVELS)}")
    return value.upper()


def _token(values: Mapping[str, str]) -> str | None:
    token, name = values.get("TELEGRAM_BOT_TOKEN"), "TELEGRAM_BOT_TOKEN"
    file = values.get("TELEGRAM_BOT_TOKEN_FILE")
    if not token and file:
        name = "TELEGRAM_BOT_TOKEN_FILE"
        try:
            token = Path(file).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingError(name, file, f"a readable file with the token ({error})") from error
    if not token:
        return None
    if not _TOKEN.fullmatch(token):
        # the value is a secret even where it is malformed
        raise SettingError(name, "(not shown)", "a token of BotFather's form, 123456789:AAF…")
    return token


def _api_url(value: str) -> str:
    try:
        parts = urlsplit(value)
        _ = parts.port
        is_good = (
            parts.scheme in {"http", "https"}
            and bool(parts.hostname)
            and "@" not in parts.netloc  # it is shown in messages and by doctor
            and not parts.query
            and not parts.fragment
        )
    except ValueError:
        is_good = False
    if not is_good:
        raise SettingError(
            "TELEGRAM_API_URL",
            _without_userinfo(value),
            f"an http(s) address without a password, as {DEFAULT_API_URL}",
        )
    return value.rstrip("/").removesuffix("/bot")


def _seconds(values: Mapping[str, str], name: str, default: int, *, most: int) -> timedelta:
    value = values.get(name) or str(default)
    try:
        seconds = float(value)
    except ValueError:
        seconds = 0.0
    if not 1 <= seconds <= most:
        raise SettingError(name, value, f"a number of seconds from 1 to {most}")
    return timedelta(seconds=seconds)


def _whole(values: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    value = values.get(name) or str(default)
    if not re.fullmatch(r"[0-9]{1,4}", value) or not least <= int(value) <= most:
        raise SettingError(name, value, f"a whole number from {least} to {most}")
    return int(value)


def _health_hosts(value: str) -> tuple[str, ...]:
    hosts = tuple(part.lower() for part in re.split(r"[,\s]+", value) if part)
    for host in hosts:
        if not _HOST.fullmatch(host) and not _is_address(host):
            raise SettingError(
                "TIDEWAITER_HEALTH_HOSTS", value, "host names or addresses, without ports"
            )
    return hosts


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _health_port(value: str, hosts: tuple[str, ...]) -> tuple[str, int] | None:
    """Beyond this machine only where the settings say under which names it may be asked."""
    if not value:
        return None
    name, _, port = value.rpartition(":")
    host = name.strip("[]") or "127.0.0.1"
    expected = "a port, or an address and a port, for example 9464 or 127.0.0.1:9464"
    if not re.fullmatch(r"[0-9]{1,5}", port) or not 0 < int(port) < 65536:
        raise SettingError("TIDEWAITER_HEALTH_PORT", value, expected)
    if not _is_address(host):
        raise SettingError("TIDEWAITER_HEALTH_PORT", value, expected)
    if not ip_address(host).is_loopback and not hosts:
        raise SettingError(
            "TIDEWAITER_HEALTH_PORT",
            value,
            "an address of this machine alone; others may ask only where TIDEWAITER_HEALTH_HOSTS "
            "names the hosts under which they do",
        )
    return host, int(port)


def _ping_url(value: str) -> str | None:
    if not value:
        return None
    try:
        parts = urlsplit(value)
        _ = parts.port
        is_good = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        is_good = False
    if not is_good or not value.isprintable() or " " in value:
        raise SettingError("TIDEWAITER_PING_URL", "(not shown)", "an http(s) address")
    return value

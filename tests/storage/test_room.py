"""A full disk: polling stops before sending does, nothing is lost, and room mends it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from storage.room import BALLAST_BYTES, Ballast
from storage.store import SqliteStore
from tests.desk import wait

ROOT = Path(__file__).parents[2]


def test_the_ballast_takes_its_room_on_the_disk(path: Path) -> None:
    assert Ballast(path).keep()
    assert Ballast(path).keep()
    kept = path.with_name("tidewaiter.db.ballast").stat()
    assert kept.st_size == BALLAST_BYTES
    assert kept.st_blocks * 512 >= BALLAST_BYTES  # no hole


def test_given_up_it_is_gone_until_it_is_made_anew(path: Path) -> None:
    ballast = Ballast(path)
    assert not ballast.give_up()
    assert ballast.keep()
    assert ballast.give_up()
    assert list(path.parent.iterdir()) == []
    assert ballast.keep()


def test_after_something_did_not_fit_there_must_be_room_for_twice_the_ballast(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ballast = Ballast(path, 4096)
    assert ballast.keep()
    ballast.run_short()
    free = shutil.disk_usage(path.parent)._replace(free=8191)
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: free)
    assert not ballast.keep()
    assert ballast.give_up()  # it was kept for sending
    assert not ballast.keep()
    free = free._replace(free=8192)
    assert ballast.keep()
    assert ballast.give_up()


def test_without_room_for_it_there_is_no_ballast_and_nothing_is_left(path: Path) -> None:
    assert not Ballast(path, shutil.disk_usage(path.parent).free // 2 + (1 << 30)).keep()
    assert list(path.parent.iterdir()) == []


def test_a_ballast_of_another_size_is_replaced(path: Path) -> None:
    assert Ballast(path, 4096).keep()
    assert Ballast(path, 8192).keep()
    assert path.with_name("tidewaiter.db.ballast").stat().st_size == 8192


def test_the_store_says_whether_there_is_room(store: SqliteStore) -> None:
    assert wait(store.has_room())


FULL_DISK = """
import asyncio, sys
from dataclasses import replace
from pathlib import Path
from bot.delivery.pacing import UNPACED
from bot.delivery.policy import settle
from bot.domain.chat import Door
from bot.domain.outbox import Sent
from bot.errors import DatabaseUnusableError
from storage.store import SqliteStore
from tests.samples import NOW, SECOND
from tests.storage.nouns import *

disk = Path(sys.argv[1])
store = SqliteStore(disk / "tidewaiter.db", paces={Door.TELEGRAM: UNPACED})

async def set_up():
    def work(db):
        add_sources(db)
        return add_watch(db, add_chat(db)), [add_chat(db, number).chat_id for number in range(200)]
    return await store._writer.run(work)

async def fill(watch):
    stored = 0
    one = new_item("1", [watch], text="steel " * 9000)
    while True:
        try:
            await keep(store, plan(replace(one, keys=(str(stored),))))
        except DatabaseUnusableError as error:
            assert "full" in str(error), error
            return stored
        stored += 1

async def send(count):
    sent, now = 0, NOW
    while sent < count:
        now += SECOND
        for message in await store.claim_messages(Door.TELEGRAM, now, 30):
            await store.settle(message, settle(message, Sent(remote_id=1), now), now)
            sent += 1
    return sent

async def main():
    watch, chats = await set_up()
    await store.enqueue([draft(chat, f"m{chat}") for chat in chats], NOW)
    stored = await fill(watch)
    assert stored > 50, stored
    (disk / "more").write_bytes(b"")
    try:  # and others take what is left, to the last block
        with (disk / "more").open("wb") as more:
            while True:
                more.write(bytes(4096))
                more.flush()
    except OSError:
        pass
    assert not await store.has_room()
    # settling 700 messages takes 1,400 commits: several times what a log holds
    assert await send(stored + 200) == stored + 200
    try:
        await keep(store, plan(new_item("too much")))
    except DatabaseUnusableError as error:
        assert "kept for sending" in str(error)
    else:
        raise AssertionError("an item was taken in")
    assert not await store.has_room()
    assert await store.check() == []
    assert len(await store.latest_items(10_000)) == stored
    (disk / "more").unlink()
    (disk / "spare").unlink()
    assert await store.has_room()
    await keep(store, plan(new_item("after", [watch])))
    assert await send(1) == 1
    store.close()
    print("fine")

asyncio.run(main())
"""


def test_on_a_disk_that_is_really_full_sending_goes_on(tmp_path: Path) -> None:
    if sys.platform != "linux" or shutil.which("unshare") is None:
        pytest.skip("a small disk of one's own needs Linux's unshare")
    (tmp_path / "disk").mkdir()
    mount = (
        "mount -t tmpfs -o size=48m none disk && head -c 16M /dev/zero > disk/spare"
        ' && cd "$0" && exec "$@"'
    )
    inside = ["sh", "-c", mount, str(ROOT), sys.executable, "-c", FULL_DISK]
    tried = subprocess.run(
        ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", "mount -t tmpfs none disk"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    if tried.returncode != 0:
        pytest.skip("this machine does not let a test mount a small disk of its own")
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", "--mount", *inside, str(tmp_path / "disk")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "fine\n"), done.stderr

"""The errors that a person can mend. Everything else that is expected is a value.

    TidewaiterError                 exit code 2 from the command line
    ├── SettingError                a setting has a value that does not fit
    │   └── UnknownSettingError     a name that looks like a setting and is none
    ├── CatalogueError              a catalogue file has a mistake
    ├── ListFileError               a list of feeds (OPML) cannot be read or written
    ├── ConceptError                a concept file has a mistake
    ├── QueryError                  a watch or search text cannot be read
    ├── ServiceEndedError           Telegram refuses the token, or another program polls with it
    └── StorageError
        ├── DatabaseLockedError     another run, poll or deliver holds this database
        ├── DatabaseTooNewError     written by a newer Tidewaiter
        └── DatabaseUnusableError   not a database, damaged, not writable, or the disk is full

Each message names the thing, what was wrong and what to do, and holds no secret.
"""


class TidewaiterError(Exception):
    """The root; its text is fit to be shown to a person as it stands."""


class SettingError(TidewaiterError):
    """A setting's value is not of its form."""

    def __init__(self, name: str, value: str, expected: str) -> None:
        super().__init__(f"{name} is {value!r}, which does not fit: expected {expected}.")


class UnknownSettingError(SettingError):
    """A misspelt setting, which would silently do nothing. Its value may be a secret: not shown."""

    def __init__(self, name: str, meant: str | None) -> None:
        hint = f"Did you mean {meant}? " if meant else ""
        TidewaiterError.__init__(
            self, f"There is no setting {name}. {hint}docs/settings.md lists them all."
        )


class CatalogueError(TidewaiterError):
    """A catalogue file has a mistake; the message says where and how to mend it."""


class ListFileError(TidewaiterError):
    """A file with a list of feeds cannot be read or written; the message says why."""


class ConceptError(TidewaiterError):
    """A concept file has a mistake; the message says where and how to mend it."""


class QueryError(TidewaiterError):
    """A query cannot be read. `position` counts code points from 0, or is None."""

    def __init__(self, message: str, *, position: int | None = None, example: str = "") -> None:
        super().__init__(message)
        self.position = position
        self.example = example


class ServiceEndedError(TidewaiterError):
    """The service cannot go on; the text says why and what to do."""


class StorageError(TidewaiterError):
    """The database cannot be used."""


class DatabaseLockedError(StorageError):
    """Another service process owns this database."""


class DatabaseTooNewError(StorageError):
    """The database was written by a newer version."""


class DatabaseUnusableError(StorageError):
    """The file is not a database, is damaged, or cannot be written."""

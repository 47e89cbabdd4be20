"""The bundled sample day, played through the real pipeline: real parsers, matching, outbox."""

from __future__ import annotations

from dataclasses import replace
from importlib import resources

from bot.domain.fetch import Fetched, FetchFailed, FetchOutcome, FetchRequest
from bot.domain.source import Source
from bot.pipeline.poll import Poller
from bot.ports import Clock, Store
from bot.sources.catalogue import load_catalogue

EDITIONS = ("morning", "afternoon")
_CONTENT_TYPES = {
    "json": "application/json",
    "atom": "application/atom+xml",
    "rss": "application/rss+xml",
    "rdf": "application/rdf+xml",
    "xml": "application/xml",
}


class SampleFetcher:
    """A door that answers from the package instead of the network."""

    def __init__(self, edition: str) -> None:
        folder = resources.files("bot").joinpath("sample", edition)
        self._files = {
            file.name.rpartition(".")[0]: file
            for file in folder.iterdir()
            if file.name.startswith("sample-")
        }

    async def fetch(self, request: FetchRequest) -> FetchOutcome:
        """The edition's file of that source."""
        file = self._files.get(request.source.source_id)
        if file is None:
            return FetchFailed(kind="network", detail="not in this edition")
        return Fetched(
            body=file.read_bytes(),
            content_type=_CONTENT_TYPES.get(file.name.rpartition(".")[2], ""),
            final_url=request.source.url,
        )


def sample_sources() -> tuple[Source, ...]:
    """The sample day's publications, each marked as a sample."""
    with resources.as_file(resources.files("bot").joinpath("sample", "catalogue.toml")) as path:
        return tuple(replace(source, is_sample=True) for source in load_catalogue(path))


async def play_sample_day(store: Store, clock: Clock) -> int:
    """Play both editions; returns how many messages were queued."""
    sources = sample_sources()
    await store.save_catalogue(sources, clock.now())
    queued = 0
    for edition in EDITIONS:
        poller = Poller(store, SampleFetcher(edition), clock, sources)
        for source in sources:
            result = await poller.poll(source, is_quiet=False)
            queued += result.applied.messages
    return queued

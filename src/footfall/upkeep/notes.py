"""What an erasure knows of a person, kept in a file until it is complete.

Each step of an erasure destroys what later ones need: with events go their ids and the months that rollups
counted them in, with identities who was anonymous. So a step notes that first, on disk, and the run after
one that was killed goes on from there. The file says who is erased, so it is its owner's alone, named by
nothing but a keyed hash, and the complete run removes it.
"""

import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from msgspec import msgpack

from footfall.ingest.runs import sync_folder
from footfall.upkeep.person import Person
from footfall.upkeep.scrub import Scrubbed

FOLDER: Final = "erasures"


@dataclass(slots=True)
class Notes:
    """The person, the number that stands for them in orders, months of their events, and what is scrubbed."""

    person: Person
    pseudonym: int = field(default_factory=lambda: 1 << 63 | secrets.randbits(63))
    months: set[int] = field(default_factory=set)
    scrubbed: Scrubbed = field(default_factory=Scrubbed)
    resumed: bool = False

    def keep(self, path: Path) -> None:
        """Returns when the notes are on disk."""
        draft = path.with_suffix(".draft")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(msgpack.encode(self))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        sync_folder(path.parent)


def begun(path: Path, person: Person) -> Notes:
    """Notes of a new erasure, or of one that was not completed: the person may be more by now."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    if not path.exists():
        return Notes(person)
    notes = msgpack.decode(path.read_bytes(), type=Notes)
    notes.person.numbers |= person.numbers
    notes.person.texts |= person.texts
    notes.scrubbed.counts.clear()  # what this run removes is counted anew
    notes.resumed = True
    return notes

"""Found a network with all founders' homes on one machine: the same steps as of founders apart, one after the other."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from salus.bootstrap.founding import Parameters
from salus.bootstrap.layout import FILES, GENESIS
from salus.bootstrap.network.agreeing import AGREEMENT, agree, begin
from salus.bootstrap.network.cards import CARD, make_card
from salus.bootstrap.network.errors import NetworkFolderTaken
from salus.bootstrap.network.founding import found
from salus.bootstrap.network.plan import Place

Progress = Callable[[str, int, int], None]


def found_network(
    folder: Path,
    name: str,
    members: Sequence[Place],
    passphrase: Callable[[Path], str],
    parameters: Parameters = (),
    progress: Progress = lambda what, done, total: None,
) -> tuple[Path, ...]:
    """Make the homes of a new network in a new `folder`, each named by its member; return them.

    `passphrase` gives that of a home. This machine makes every key, and so has seen them all. Raises
    NetworkFolderTaken, what `found` raises, StorageFull, StorageFailed. A home without its genesis, where this was
    broken off, is none.
    """
    if folder.exists() and any(folder.iterdir()):
        raise NetworkFolderTaken
    made_ms = time.time_ns() // 1_000_000
    homes = tuple(folder / member.spec.slug for member in members)
    keys = []
    for at, (home, member) in enumerate(zip(homes, members, strict=True)):
        progress("Making keys", at, len(homes))
        FILES.create_folder(home)
        keys.append(make_card(home, member, passphrase(home), made_ms))
    raw, founding = found([(str(home), (home / CARD).read_bytes()) for home in homes], name, made_ms, parameters)
    for home, made in zip(homes, keys, strict=True):
        agree(home, raw, founding.hash, made)
    agreements = [(str(home), (home / AGREEMENT).read_bytes()) for home in homes]
    for at, (home, made) in enumerate(zip(homes, keys, strict=True)):
        progress("Making homes", at, len(homes))
        begin(home, agreements, made)
    FILES.write(folder / GENESIS, (homes[0] / GENESIS).read_bytes())
    return homes

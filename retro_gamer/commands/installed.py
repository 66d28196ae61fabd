"""Whether two distributions fill the same folder retro_gamer, each with files that overwrite the other's."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution

from retro_gamer.errors import python_command

NAMES = ("retro-gamer", "retro-gamer-numpy")  # the original's and ours


def clash() -> str:
    """What to tell somebody who has both installed; empty for all others."""
    try:
        versions = [f"{name} {distribution(name).version}" for name in NAMES]
    except PackageNotFoundError:
        return ""
    return (
        f"Both {versions[0]} (the original, on torch) and {versions[1]} are installed in this Python. They fill the same "
        "folder, so files of one have replaced files of the other. Remove both, then install the one you want again:\n"
        f"  {python_command()} -m pip uninstall {' '.join(NAMES)}"
    )

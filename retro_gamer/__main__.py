"""python -m retro_gamer"""

import sys

try:
    from retro_gamer.cli import main
except ImportError as error:  # the original's cli.py, or none: both have been installed
    sys.exit(
        f"retro-gamer: files of retro-gamer-numpy are missing or not its own ({error}).\nThe original retro-gamer has a "
        "folder of the same name: was it installed, or removed, too? Remove both, then install the one you want again:\n"
        "  python -m pip uninstall retro-gamer retro-gamer-numpy"
    )

if __name__ == "__main__":
    sys.exit(main())

"""python -m retro_gamer"""

from retro_gamer.cli import main

if __name__ == "__main__":
    raise SystemExit(main())

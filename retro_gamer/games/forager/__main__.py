"""Play forager with the keyboard: python -m retro_gamer.games.forager"""

from retro_gamer.games.forager import create_game

if __name__ == "__main__":
    create_game().play()

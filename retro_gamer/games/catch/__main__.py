"""Play catch with the keyboard: python -m retro_gamer.games.catch"""

from retro_gamer.games.catch import create_game

if __name__ == "__main__":
    create_game().play()

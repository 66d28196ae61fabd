"""Play snake with the keyboard: python -m retro_gamer.games.snake"""

from retro_gamer.games.snake import create_game

if __name__ == "__main__":
    create_game().play()

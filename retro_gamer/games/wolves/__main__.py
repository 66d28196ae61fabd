"""Play wolves, three on one keyboard (w, a, s, d, the arrow keys, and i, j, k, l): python -m retro_gamer.games.wolves"""

from retro_gamer.games.wolves import create_game

if __name__ == "__main__":
    game = create_game()
    game.wait_for_enter = True  # leaves time to read who has won
    game.play()

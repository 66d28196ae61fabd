"""Play tag, two on one keyboard (w, a, s, d and the arrow keys): python -m retro_gamer.games.tag"""

from retro_gamer.games.tag import create_game

if __name__ == "__main__":
    game = create_game()
    game.wait_for_enter = True  # leaves time to read who has won
    game.play()

"""The vocabulary: characters become symbol numbers as they turn up."""

from __future__ import annotations

import pytest
from boards import A, B, cells
from observing import (
    Hero,
    Piece,
    make_encoder,
    make_game,
)

from retro_gamer.environment.encoder import Encoder
from retro_gamer.environment.player import player_finder
from retro_gamer.environment.vocabulary import MAX_CHARACTERS, Vocabulary
from retro_gamer.errors import ObservationError


def test_symbols_are_numbered_from_two_in_the_order_of_their_coming():
    vocabulary = Vocabulary("ba", grows=True)
    assert [vocabulary[character] for character in "abcab "] == [3, 2, 4, 3, 2, 0]
    assert vocabulary.characters == ["b", "a", "c"]


def test_blanks_are_nothing_and_no_character():
    vocabulary = Vocabulary([" ", "a", "a", ""], grows=True)
    assert (vocabulary[" "], vocabulary[""], vocabulary.characters) == (0, 0, ["a"])


def test_a_frozen_vocabulary_takes_the_unknown_for_nothing():
    vocabulary = Vocabulary("a")
    assert vocabulary["z"] == 0 and vocabulary["zz"] == 0 and vocabulary.characters == ["a"] and "z" not in vocabulary
    game = make_game(Hero("a", (0, 0)), Piece("z", (1, 0)))
    assert cells(make_encoder("a", board=True), game)[:2] == [A, 0]
    assert set(cells(make_encoder("a", radar=True), game)) == {0}


@pytest.mark.parametrize(
    "n_characters, n_symbols",
    [(0, 8), (5, 8), (6, 8), (7, 16), (14, 16), (15, 24), (31, 40), (254, 256), (300, 256)],
)
def test_room_for_symbols_comes_in_steps_of_eight(n_characters, n_symbols):
    vocabulary = Vocabulary(grows=True)
    for i in range(n_characters):
        vocabulary[chr(0x4E00 + i)]
    assert vocabulary.n_symbols == n_symbols
    assert max(vocabulary.values()) < n_symbols and len(vocabulary.characters) == min(n_characters, MAX_CHARACTERS)


def test_the_readings_of_a_radar_have_room_too():
    """They go up to 9, however few the characters."""
    game = make_game(Hero("a", (0, 0)), Piece("b", (31, 15)), board_size=(32, 16))
    for grows in (False, True):
        encoder = make_encoder("ab", grows=grows, radar=True, board_size=(32, 16))
        assert max(cells(encoder, game)) == 9 and encoder.shape.n_symbols == 16


def test_more_characters_than_numbers_are_nothing():
    vocabulary = Vocabulary([chr(0x4E00 + i) for i in range(254)], grows=True)
    assert vocabulary[chr(0x4E00 + 253)] == 255 and vocabulary["z"] == 0
    game = make_game(Hero("z", (0, 0)), Piece(chr(0x4E00), (1, 0)))
    encoder = make_encoder([chr(0x4E00 + i) for i in range(254)], grows=True, board=True, radar=True)
    assert cells(encoder, game)[:2] == [0, A] and encoder.shape.n_cells == 24 + 2 * 254


@pytest.mark.parametrize("character", ["ab", ["a"], 5])
def test_a_growing_vocabulary_takes_single_characters_only(character):
    with pytest.raises((ObservationError, TypeError)):
        Vocabulary(grows=True)[character]


def test_a_new_character_in_the_middle_of_a_game_gets_the_next_number():
    game = make_game(Hero("a", (0, 0)))
    encoder = make_encoder("a", grows=True, board=True)
    encoder.observe(game)
    game.add_agent(Piece("z", (1, 0)))
    assert cells(encoder, game)[:2] == [A, B] and encoder.vocabulary.characters == ["a", "z"]


@pytest.mark.parametrize(
    "what, n_cells_before, n_cells_after",
    [
        (dict(board=True), 24, 24),
        (dict(egocentric_radius=1), 9, 9),
        (dict(radar=True), 28, 44),
        (dict(board=True, radar=True), 52, 68),
        (dict(egocentric_radius=1, radar=True), 37, 53),
    ],
)
def test_the_fifteenth_character_makes_room_for_more(what, n_cells_before, n_cells_after):
    characters = "abcdefghijklmn"
    game = make_game(Hero("a", (0, 0)))
    encoder = make_encoder(characters, grows=True, **what)
    assert (len(cells(encoder, game)), encoder.shape.n_symbols) == (n_cells_before, 16)
    game.add_agent(Piece("z", (1, 0)))
    seen = cells(encoder, game)
    assert len(seen) == n_cells_after == encoder.shape.n_cells and encoder.shape.n_symbols == 24
    if what.get("radar"):
        assert seen[-(44 - 28) :] == [6, 5] + [0] * 14  # character 15, of number 16, comes first in the new room
    else:
        assert 16 in seen


def test_two_encoders_share_a_vocabulary():
    vocabulary = Vocabulary(grows=True)
    one, other = (
        Encoder(
            vocabulary,
            board_size=(6, 4),
            board=True,
            egocentric_radius=0,
            radar=False,
            observe_state=(),
            find_player=player_finder(),
        )
        for _ in range(2)
    )
    one.observe(make_game(*[Piece(chr(97 + i), (i % 6, i // 6)) for i in range(20)]))
    assert other.shape.n_symbols == 24 == one.shape.n_symbols

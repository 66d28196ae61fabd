"""Signs of life from the middle of long games."""

from __future__ import annotations

import pytest

from retro_gamer.cli import main
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.training import limits
from retro_gamer.training.trainer import Trainer


def test_a_short_game_says_nothing_and_a_long_one_five_times_a_second(clock):
    told = []
    heart = limits.Pulse(told.append, clock)
    for turns in (3, 18):
        heart.begin("game 7")
        for _ in range(turns):
            clock.now += 0.125
            heart.turn()
    assert told == [f"game 7, turn {turn}" for turn in (8, 10, 12, 14, 16, 18)]


def test_many_short_games_are_one_long_evaluation(clock):
    told = []
    heart = limits.Pulse(told.append, clock)
    heart.begin("game 1")
    for game in range(2, 10):
        clock.now += 0.5
        heart.turn()
        heart.next_game(f"game {game}")
    assert told == [f"game {game}, turn 1" for game in range(2, 9)]


@pytest.mark.parametrize("game, words", [("snake", "measuring greedy game 2 of 2, turn "), ("tron", "game 3, turn ")])
def test_a_training_tells_of_its_games_and_evaluations(game, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(limits, "SECONDS_OF_SILENCE", 0.0)
    monkeypatch.setattr(limits, "INTERVAL", 0.0)
    flags = ["--hidden-sizes", "8", "--evaluate-every", "20", "--evaluation-games", "2"]
    assert main(["create", "--game", game, "--output", "run", *flags]) == 0
    told = []
    if game == "tron":
        from retro_gamer.selfplay.self_play import SelfPlayTrainer as Trainer_
    else:
        Trainer_ = Trainer
    Trainer_(RunDirectory("run")).train(3, on_wait=told.append)
    assert any(text.startswith("game 1, turn ") for text in told)
    assert any(text.startswith(words) for text in told), told[-5:]

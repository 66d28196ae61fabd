"""TrainedPolicy.explain, and the card that a notebook shows."""

from __future__ import annotations

import copy
import shutil
import xml.etree.ElementTree

import pytest
from selfplay_runs import make

from retro_gamer import TrainedPolicy
from retro_gamer.errors import ConfigError, GameError, RunNotFoundError
from retro_gamer.games import forager, snake
from retro_gamer.selfplay.self_play import SelfPlayTrainer


def begun(create_game):
    game = create_game()
    game.start()
    return game


@pytest.mark.parametrize("name, create_game", [("snake", snake.create_game), ("forager", forager.create_game)])
def test_it_explains_what_q_values_tell(workshop, name, create_game):
    ai, game = TrainedPolicy(workshop / "runs" / name), begun(create_game)
    explained = ai.explain(game)
    assert explained.values == ai.q_values(game)
    assert explained.action == max(explained.values, key=explained.values.get)
    ordered = sorted(explained.values.values())
    assert explained.margin == pytest.approx(ordered[-1] - ordered[-2])
    assert "It presses" in str(explained) and "<table>" in explained._repr_html_()


def test_what_it_sees_is_called_by_its_character(workshop):
    game = begun(snake.create_game)
    causes = TrainedPolicy(workshop / "runs/snake").explain(game).causes
    shown = {agent.character for agent in game.agents} | {"itself", "its last step"}
    assert causes and all(
        any(cause.what.startswith((f"{c} ", "the ", "free cells ", "its last step")) for c in shown) for cause in causes
    )


@pytest.mark.filterwarnings("ignore:On the board are other characters")  # the head, which is another to the one that asks
def test_a_character_is_explained_as_it_sees_the_game(workshop):
    """The one that asks, as with get_action; and the same when it is named."""
    ai, game = TrainedPolicy(workshop / "runs/snake"), begun(snake.create_game)

    class Asking:
        name, character, position, display, z, color = "asking", "?", (1, 1), True, 0, "white"

        def ask(self, game):
            return ai.explain(game)

    asking = Asking()
    game.add_agent(asking)
    assert str(asking.ask(game)) == str(ai.explain(game, agent=asking)) != str(ai.explain(game))


def test_a_team_calls_its_own_characters_by_their_names(tmp_path):
    run = make(tmp_path, "tron")
    SelfPlayTrainer(run).train(episodes=2)
    teams = [team.name for team in run.load_config().teams]
    for team in teams:
        ai = TrainedPolicy(run.path, team=team)
        game = begun(lambda: __import__("retro_gamer.games.tron", fromlist=["x"]).create_game())
        me = ai._side.characters_in(game)[0]
        seen = [cause.what for cause in ai.explain(game, agent=me).causes]
        assert f"{me.character} (in the middle)" in seen, (team, seen)


def test_without_a_checkpoint_or_a_game_it_says_so(workshop, tmp_path):
    with pytest.raises(RunNotFoundError, match="explain"):
        TrainedPolicy(tmp_path / "none", if_missing="random").explain(begun(snake.create_game))
    ai = TrainedPolicy(workshop / "runs/snake")
    for wrong in (None, "game"):
        with pytest.raises((GameError, ConfigError, TypeError), match="explain"):
            ai.explain(wrong)
    with pytest.raises(ConfigError, match="looks at the game itself"):
        ai.explain(observation=[1, 2])


def test_the_card(workshop, tmp_path):
    html = TrainedPolicy(workshop / "runs/snake")._repr_html_()
    assert "KEY_LEFT" in html and "a window of" in html and " games, " in html and "<svg" in html
    xml.etree.ElementTree.fromstring(html[html.index("<svg") :])
    assert copy.deepcopy(TrainedPolicy(workshop / "runs/snake"))._repr_html_() == html
    shutil.copytree(workshop / "runs/snake", tmp_path / "<b>")
    (tmp_path / "<b>/metrics.csv").unlink()  # only the policy was passed on
    html = TrainedPolicy(tmp_path / "<b>")._repr_html_()
    assert "<svg" not in html and "/<b>" not in html and "&lt;b&gt;" in html
    assert "at random" in TrainedPolicy(tmp_path / "none", if_missing="random")._repr_html_()

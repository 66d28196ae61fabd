"""doctor looks at environments in their own terms."""

from __future__ import annotations

import sys

import pytest

from retro_gamer.cli import main

ENV = """
class Env:
    actions = ["a", "b"]
    def reset(self, seed=None, options=None):
        self.turns = 0
        return {SEEN}, {}
    def step(self, action):
        self.turns += 1
        return {SEEN}, {REWARD}, self.turns >= {TURNS}, False, {}
"""


@pytest.mark.parametrize(
    "seen, reward, turns, said",
    [
        ("[self.turns % 2]", "float(action == 'a')", 20, "looks all right"),
        ("[__import__('random').random()]", "float(action == 'a')", 1, "looks all right"),
        ("[1.0]", "float(action == 'a')", 20, "the environment always shows the same"),
        ("[self.turns]", "0.0", 20, "the reward of step stayed as it was"),
    ],
)
def test_what_is_wrong_with_an_environment_is_said_in_its_terms(tmp_path, capsys, monkeypatch, seen, reward, turns, said):
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "examined_env", raising=False)
    source = ENV.replace("{SEEN}", seen).replace("{REWARD}", reward).replace("{TURNS}", str(turns))
    (tmp_path / "examined_env.py").write_text(source)
    run = str(tmp_path / "run")
    assert main(["create", "--game", f"{tmp_path / 'examined_env.py'}:Env", "--output", run]) == 0
    capsys.readouterr()
    assert main(["doctor", run]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert said in out.lower() and "state[" not in out and "board" not in out

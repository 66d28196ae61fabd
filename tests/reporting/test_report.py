"""The report page: what is in it, and in a real browser whether it works."""

from __future__ import annotations

import json
import re
import shutil
import time
from pathlib import Path

import pytest
from end_to_end import HAVE_GYM, PATIENCE
from small_runs import make_self_play_run

from retro_gamer.cli import main
from retro_gamer.commands import report
from retro_gamer.reporting import progress
from retro_gamer.reporting.html import card_of_run, games_data
from retro_gamer.reporting.progress import Counting
from retro_gamer.reporting.recording import Frame, Recording, record_game, record_match
from retro_gamer.reporting.sight import ME_SHOWN, Sight, action_shown, sight_of
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.selfplay.match import play_match
from retro_gamer.selfplay.self_play_run import SelfPlayRun
from retro_gamer.training.evaluation import evaluate
from retro_gamer.training.player import load_player

NOTHING_SEEN = Sight([], [], [])


def report_of(run):
    assert main(["report", str(run), "--quiet"]) == 0
    return (Path(str(run)) / "report.html").read_text(encoding="utf-8")


def data_of(page):
    return json.loads(re.search(r'id="games">(.*?)</script>', page, re.S).group(1).replace("<\\/", "</"))


def test_a_report_is_one_file_without_a_network(workshop):
    page = report_of("runs/snake")
    for heading in (
        "What was trained",
        "How it learned",
        "How well it plays",
        "Watch it",
        "How its choice changed",
    ):
        assert f"<h2>{heading}</h2>" in page
    assert len(page) < 2_000_000
    without_names = page.replace("http://www.w3.org/2000/svg", "")
    assert "http" not in without_names and "src=" not in without_names and "@import" not in without_names


def test_the_recorded_games_are_those_that_evaluation_plays(workshop):
    player = load_player(RunDirectory("runs/snake"))
    greedy = evaluate(player.environment, player.agent, 3, seed=0)
    for seed in range(3):
        recording = record_game(player, seed)
        assert (recording.total, recording.turns) == (greedy.returns[seed], greedy.turns[seed])
        assert len(recording.frames) == recording.turns + 1 and recording.frames[-1].action is None
        assert sum(frame.reward for frame in recording.frames) == pytest.approx(recording.total)


def test_boards_come_back_from_their_changes(workshop):
    recording = record_game(load_player(RunDirectory("runs/snake")), 5)
    game = games_data([recording], 0.9, None)["games"][0]
    cells = list(game["board"])
    for frame, written in zip(recording.frames, game["frames"]):
        changes = written["board"]
        for place, character in zip(changes[::2], changes[1::2]):
            cells[place] = character
        assert "".join(cells) == "".join(frame.board)


def test_a_very_long_game_is_cut():
    frames = [Frame(["ab"], {"x": "1" * 40}, NOTHING_SEEN, [0.0], 0, 0.0)] * 9000
    game = games_data([Recording(0, frames, 0.0, 9000, True, ["a"])], 0.9, None)["games"][0]
    assert 100 < len(game["frames"]) < 9000 and game["turns"] == 9000


def test_sight_says_what_a_window_and_a_radar_show(workshop):
    player = load_player(RunDirectory("runs/snake"))
    observation = player.environment.reset(3)
    game = player.environment.game
    sight = sight_of(player.environment, observation)
    head = next(agent for agent in game.agents if hasattr(agent, "handle_keystroke"))
    radius = player.config.preprocessing.egocentric_radius
    assert sight.board[radius][radius] == ME_SHOWN
    apple = next(agent for agent in game.agents if agent.character == "@")
    (way,) = [where for what, where in sight.radar if what == "the way to the nearest @"]
    assert ("right" in way) == (apple.position[0] > head.position[0])
    assert ("down" in way) == (apple.position[1] > head.position[1])


def test_strange_names_are_text_in_the_page(workshop):
    config = Path("runs/snake/config.toml")
    config.write_text(config.read_text("utf-8").replace('score = "score"', 'score = ""'), encoding="utf-8")
    shutil.move("runs/snake", "runs/<b>&amp;")
    page = report_of("runs/<b>&amp;")
    assert "<h1>A report on &lt;b&gt;&amp;amp;</h1>" in page


def test_a_game_that_is_gone_leaves_what_the_files_know(workshop):
    config = Path("runs/snake/config.toml")
    text = re.sub(r'module = ".*"', 'module = "gone_game"', config.read_text("utf-8"))
    config.write_text(re.sub(r'factory = ".*"', 'factory = ""', text), encoding="utf-8")
    page = report_of("runs/snake")
    assert "How it learned" in page and "No game could be played for this report" in page and "gone_game" in page


def test_runs_without_a_training_and_places_that_cannot_be_written(workshop, capsys, monkeypatch):
    assert main(["create", "--game", "catch", "--output", "runs/new"]) == 0
    page = report_of("runs/new")
    assert "no notes of a training" in page
    assert main(["report", "runs/missing"]) == 1
    capsys.readouterr()
    monkeypatch.setattr(report, "measure", None)  # games would be played for nothing
    assert main(["report", "runs/snake", "--output", "no/such/folder/x.html", "--quiet"]) == 1
    monkeypatch.setattr("os.access", lambda *_: False)
    assert main(["report", "runs/snake", "--quiet"]) == 1
    error = capsys.readouterr().err
    assert "Traceback" not in error and "there is no folder no/such/folder" in error.replace("\\", "/")
    assert "nothing may be written in " in error


def test_a_folder_to_write_to_gets_a_report(workshop):
    Path("pages").mkdir()
    assert main(["report", "runs/new", "--output", "pages", "--quiet"]) == 1  # there is no such run
    assert main(["create", "--game", "catch", "--output", "runs/new"]) == 0
    assert main(["report", "runs/new", "--output", "pages", "--quiet"]) == 0 and Path("pages/report.html").is_file()


def test_tables_show_their_states_as_boards(workshop):
    page = report_of("runs/forager")
    assert "<h2>The table</h2>" in page and data_of(page)["alpha"] is not None


@pytest.mark.skipif(not HAVE_GYM, reason="needs Gymnasium")
def test_the_table_of_a_grid_is_a_map(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    create = ["create", "--game", "gym:FrozenLake-v1", "--algorithm", "q_learning", "--output", "run"]
    for arguments in (create, ["train", "run", "--episodes", "30", "--quiet"], ["report", "run"]):
        assert main(arguments) == 0
    page = (tmp_path / "run/report.html").read_text("utf-8")
    shown = page.partition("As a map")[2].partition("</pre>")[0].partition('<pre class="seen">')[2]
    assert len(shown.split("\n")) == 4 and set(shown) <= set("0123 \n")  # its keys are numbers
    assert "And what it expects from there" in page


class Stream:
    def __init__(self, terminal):
        self.terminal, self.text = terminal, ""

    def isatty(self):
        return self.terminal

    def write(self, text):
        self.text += text

    def flush(self):
        pass


@pytest.mark.parametrize("terminal, seconds, lines", [(True, 0.25, 4), (False, 4.0, 1), (False, 0.1, 0)])
def test_counting_speaks_by_the_clock(monkeypatch, terminal, seconds, lines):
    monkeypatch.setattr(progress, "PLAIN_INTERVAL", 10.0)
    now = [0.0]
    stream = Stream(terminal)
    with Counting("measuring", 4, stream, clock=lambda: now[0]) as count:
        for done in range(4):
            now[0] += seconds
            count(done + 1)
    assert stream.text.count("measuring") == lines
    assert stream.text.endswith("\r") if terminal else "\r" not in stream.text


@pytest.fixture(scope="module")
def teams(tmp_path_factory):
    """A self-play run of two teams with keys of their own, which has just begun."""
    run = make_self_play_run(tmp_path_factory.mktemp("runs") / "tag", training_episodes=8)
    assert main(["train", str(run), "--quiet"]) == 0
    return run


def test_a_report_on_teams_shows_their_games(teams):
    page = report_of(teams)
    for heading in ("How it learned", "Who beats whom", "Watch it", "How its choice changed"):
        assert f"<h2>{heading}</h2>" in page
    assert "rating" in page and "against random play" in page and "a: chaser" in page
    assert "the best game of runner, as runner sees it" in page
    keys = [game["actions"] for game in data_of(page)["games"]]
    members = SelfPlayRun(teams).environment.members
    chaser, runner = ([action_shown(key) for key in member.actions] for member in members)
    assert keys == [chaser, chaser, runner] and chaser != runner
    assert len(page) < 2_000_000


@pytest.mark.parametrize("number", [0, 1])
def test_a_recorded_match_is_the_one_that_is_measured(teams, number):
    played = SelfPlayRun(teams)
    policies = [played.policy(team) for team in range(2)]
    match = play_match(played.environment, policies, seed=4)
    recording = record_match(played, policies, number, seed=4)
    assert (recording.turns, recording.terminated) == (match.turns, not match.truncated)
    assert recording.total == pytest.approx(match.returns[number])
    assert sum(frame.reward for frame in recording.frames) == pytest.approx(recording.total)
    assert len(recording.frames) == match.turns + 1 and recording.frames[-1].action is None
    assert recording.frames[0].sight.board[3][3] == "CR"[number]


def test_a_member_that_leaves_gets_what_its_team_earns_later(tmp_path):
    """As in training, its last decision does; and nothing comes after that."""
    run = make_self_play_run(tmp_path / "wolves", "wolves", training_episodes=2)
    assert main(["train", str(run), "--quiet"]) == 0
    played = SelfPlayRun(run)
    policies = [played.policy(team) for team in range(len(played.team_names))]
    environment = played.environment
    character = environment.character
    environment.character = lambda number: None if number == 0 and environment._runner.turn > 2 else character(number)
    recording = record_match(played, policies, 0, seed=1)
    left = recording.turns - len(recording.frames)
    assert left > 0 and recording.terminated and len(recording.frames) == 4
    assert sum(frame.reward for frame in recording.frames) == pytest.approx(recording.total)


WALK = """
class Walk:
    actions = ["left", "right"]

    def reset(self):
        self.x = 1
        return self.x, {}

    def step(self, action):
        self.x += 1 if action == "right" else -1
        return self.x, float(self.x == 4), self.x in (0, 4), False, {}

    def render(self):
        line = list("x...G")
        line[self.x] = "\\x1b[41m" + line[self.x] + "\\x1b[0m"
        return "\\n".join(["\\x1b[1mwalk\\x1b[0m"] * (self.x > 1) + ["".join(line)])
"""


def test_an_environment_that_draws_itself_is_seen_in_its_report(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("walk.py").write_text(WALK)
    table = ["--algorithm", "q_learning", "--training-turns", "400", "--training-episodes", "60"]
    assert main(["create", "--game", "walk.py:Walk", "--output", "run", *table]) == 0
    assert main(["train", "run", "--quiet"]) == 0
    page = report_of("run")
    best = data_of(page)["games"][0]
    assert best["actions"] == ["left", "right"] and best["width"] == 5
    assert best["board"] == "x●..G" + " " * 5  # the picture grows by a line in the next turn
    changes = best["frames"][1]["board"]
    assert changes == [0, "w", 1, "a", 2, "l", 3, "k", 4, " ", 5, "x", 6, ".", 7, "●", 8, ".", 9, "G"]
    assert "turns there" in page and best["frames"][0]["visits"] > 10


# In a real browser


@pytest.fixture
def browser():
    webdriver = pytest.importorskip("selenium.webdriver")
    if shutil.which("chromium") is None or shutil.which("chromedriver") is None:
        pytest.skip("there is no Chromium here")
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for argument in (
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(shutil.which("chromedriver"))
    driver = webdriver.Chrome(options=options, service=service)
    yield driver
    driver.quit()


@pytest.mark.slow
@pytest.mark.parametrize("width", [400, 1400])
def test_the_page_works_in_a_browser(workshop, browser, width):
    page = report_of("runs/snake")
    browser.set_window_size(width, 900)
    browser.get((workshop / "runs/snake/report.html").as_uri())

    def text(name):
        return browser.find_element("id", name).text

    def keys(key):
        browser.find_element("tag name", "body").send_keys(key)

    games = data_of(page)["games"]
    assert text("where").startswith(f"Turn 0 of {games[0]['turns']}")
    assert "target" in text("step") and "◀ pressed" in text("values")
    keys("\ue014")  # arrow right
    assert text("where").startswith("Turn 1 of")
    keys("\ue012")  # arrow left
    assert text("where").startswith("Turn 0 of")
    keys("\ue010")  # end
    assert "The game is over" in text("where")
    browser.find_element("css selector", "[data-game='2']").click()
    assert text("where").startswith(f"Turn 0 of {games[2]['turns']}")
    browser.execute_script("const s = document.getElementById('slider'); s.value = 2; s.dispatchEvent(new Event('input'))")
    assert text("where").startswith("Turn 2 of")
    browser.find_element("id", "play").click()
    deadline = time.monotonic() + PATIENCE
    while text("where").startswith("Turn 2 of"):
        assert time.monotonic() < deadline, "the play button does nothing"
    width_of_page = browser.execute_script("return document.documentElement.scrollWidth")
    assert width_of_page <= browser.execute_script("return window.innerWidth")
    assert not browser.get_log("browser")


@pytest.mark.slow
def test_the_page_of_teams_works_in_a_browser(teams, browser):
    page = report_of(teams)
    browser.set_window_size(400, 900)
    browser.get((teams.path / "report.html").as_uri())
    keys = [game["actions"] for game in data_of(page)["games"]]
    for number in (0, 2):
        browser.find_element("css selector", f"[data-game='{number}']").click()
        browser.find_element("id", "forth").click()
        assert browser.find_element("id", "where").text.startswith("Turn 1 of")
        rows = browser.find_elements("css selector", "#values .value span:first-child")
        assert [row.text for row in rows] == keys[number]
        assert "target" in browser.find_element("id", "step").text
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 400
    assert not browser.get_log("browser")


def test_notes_without_turns_are_no_end_of_a_report(tmp_path):
    """As another program may leave them."""
    assert main(["create", "--game", "catch", "--output", str(tmp_path)]) == 0
    run = RunDirectory(tmp_path)
    run.metrics_path.write_text("episode,mean_return\n5,1.0\n", encoding="utf-8")
    assert "No game could be played" in report_of(tmp_path)
    assert "not yet" in card_of_run("a trainer", run)


def test_a_long_game_is_not_silent():
    now = [0.0]
    stream = Stream(True)
    with Counting("measuring game", 30, stream, clock=lambda: now[0]) as count:
        count(12)
        for _ in range(40):
            now[0] += 0.0625  # sixteen turns a second, exactly
            count.turn()
    frames = stream.text.split("\r")
    assert any(re.match("measuring game 12 of 30, turn (3[6-9]|40)$", frame.strip()) for frame in frames)
    assert len(frames) > 8

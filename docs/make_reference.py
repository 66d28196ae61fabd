"""Makes docs/reference/settings.md and commands.md from the code:  python docs/make_reference.py"""

import argparse
import inspect
import sys
from dataclasses import fields
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from retro_gamer.commands.options import build_parser  # noqa: E402
from retro_gamer.config.kinds import FLAG, NUMBER_OR_AUTO, TEXT, TEXTS, WHOLES  # noqa: E402
from retro_gamer.config.settings import SECTIONS  # noqa: E402
from retro_gamer.config.values import toml_value  # noqa: E402

MADE = "<!-- Made by docs/make_reference.py from the code. Change the code, and run it again. -->\n\n"
# When to change a setting, for every one of them; what it means is in the code.
FOUND_OUT = "Rarely: `create` writes it."
ORIGINAL = "For runs of the original; new ones use {}."
WHEN = {
    "module": FOUND_OUT,
    "path": "When the game has moved to another folder.",
    "factory": "When the function is not called `create_game`.",
    "gym": FOUND_OUT,
    "environment": FOUND_OUT,
    "actions": "When `create` found a key too many, or missed one.",
    "reward": "When something else is what the agent should want.",
    "score": "When people count something else than the reward.",
    "player": "When several characters listen to keys.",
    "turn_based": "False when waiting is worth something: no key is then one of its choices.",
    "board_size": FOUND_OUT,
    "character_set": "When a rare character should be known from the start.",
    "observation_function": "When you know better what matters than the board shows.",
    "extras_size": "Never.",
    "spatial": "True with board = true, for boards that are like pictures.",
    "board": "True for small boards, and for games without a character of one's own.",
    "egocentric_radius": "Larger when what matters comes from farther away.",
    "far": "True when several things at once come from afar, and each has to be met or avoided in time.",
    "radar": "Off when hundreds of characters are on the board.",
    "own_symbol": "False when its letter tells something, such as whether it carries a key.",
    "last_step": "True when it matters which way it goes, and no letter tells.",
    "room": "True where the character can shut itself in; each turn takes a little longer.",
    "free_characters": "When create did not find out all that can be stepped on.",
    "rhythm_of": "Name what moves only in every second turn, or third, if `create` did not find it.",
    "wrap": "When who leaves the board on one side comes back on the other, and `create` did not find it.",
    "cell_size": "When everything goes two columns a step, say, and `create` did not find it.",
    "steps_of": "Name what flies on the way it went, such as a ball, if `create` did not find it.",
    "way_around": "When create missed a wall, or something deadly; empty where it never bars the way.",
    "sight": "In games in which only what is near shows.",
    "kinds": "For games without a character of one's own, in which it matters what there is and not where.",
    "flow": "When things fall, or come from one side.",
    "place": "True where it matters how far the edges of the board are, and a window does not show them.",
    "texts": "False when what is written there tells nothing, such as a score or a title.",
    "tiles": "For boards of numbers or letters of which it matters whether neighbours are equal.",
    "observe_state": "For numbers that the board does not show: speed, fuel, whose turn it is.",
    "hidden_sizes": "Larger for many kinds of things on the board; slower.",
    "dueling": "False to see what it brings.",
    "algorithm": "A table when there are few situations.",
    "seed": "For another training with the same settings.",
    "training_episodes": "To train for a number of games; training_turns is the better measure.",
    "training_turns": "A simple game needs 100,000; a hard one a million.",
    "max_turns_per_episode": "Smaller, when games never end by themselves.",
    "learning_rate": "A third of it when the loss grows without end; more when it learns slowly and steadily.",
    "learning_rate_decay": ORIGINAL.format("learning_rate_min"),
    "learning_rate_min": "0 when you will train on and on; then the rate stays.",
    "gamma": "0.95 when it stands still or looks too far ahead; 0.99 when rewards come late.",
    "repeat_penalty": "0 when the same thing must be done again and again in one place.",
    "end_penalty_limit": "1 when it only learns to be afraid of the end; 0 where how it ends is what matters.",
    "epsilon": "Less where random keys end the game at once.",
    "epsilon_min": "More when it gets stuck; 0 for a game that one wrong key loses.",
    "epsilon_decay_turns": "More when it settles too early on something bad; less for a short training.",
    "epsilon_decay": ORIGINAL.format("epsilon_decay_turns"),
    "batch_size": "Larger for steadier, slower learning.",
    "memory_capacity": "Smaller on a machine with little memory.",
    "learning_starts": "More when the first games mislead it.",
    "train_every": "Smaller to learn more from each turn; slower.",
    "gradient_steps": "With train_every: 8 and 32 are as many steps a turn as 1 and 4.",
    "average_steps": "More when the score swings from checkpoint to checkpoint; less for a short training.",
    "target_update_freq": "More when the loss grows without end.",
    "double": "False to see what it brings.",
    "symmetry": "When `create` did not find it, or the game has sides after all, as where the exit is always on the right.",
    "action_ways": "When keys other than the arrow keys lead somewhere, and `create` did not find it.",
    "n_step": "3 to 5 when rewards come late.",
    "prioritize_experiences": "False where chance decides much: luck is surprising, too.",
    "priority_alpha": "Smaller where chance decides much.",
    "priority_beta": "1 where chance decides much, or for the last bit of precision.",
    "priority_min": "1 where chance decides much; smaller where rewards are rare and certain.",
    "reward_scale": "A number when you know the size of the rewards.",
    "planning_steps": "10 makes a table learn with fewer games.",
    "exploration_turns": "More when rare characters turn up late.",
    "checkpoint_every": "Smaller when games are long.",
    "keep_checkpoints": "More to look back on a long training.",
    "evaluate_every": "Less often when the game is slow.",
    "evaluation_games": "More when the greedy reward jumps up and down.",
    "save_steps": "Fewer for more snapshots of a short training.",
    "team_change": "Fewer when one team falls far behind.",
    "swap_steps": "Fewer for more variety of opponents.",
    "window": "More when policies forget how to beat old opponents.",
    "play_against_latest_model_ratio": "Less when each beats only the newest.",
    "initial_elo": "Never, except to compare with ratings from elsewhere.",
    "elo_k": "Smaller for steadier ratings, which follow more slowly.",
    "shared_policy": "True when all teams play by the same rules.",
}
KINDS = {
    FLAG: "`true`, `false`",
    TEXT: "any text",
    TEXTS: "any texts",
    WHOLES: "whole numbers",
    NUMBER_OR_AUTO: 'number or `"auto"`',
}


def settings_page() -> str:
    parts = [MADE, "# Every setting\n\n"]
    parts.append(
        "Settings are in `config.toml` of a run, and each is a flag of `create` with dashes: `gamma` is `--gamma`. "
        "*Default* is what a file means that leaves the setting out; *new run* is what `create` writes where that is "
        "another value.\n"
    )
    for section, cls in SECTIONS.items():
        about = inspect.cleandoc(cls.__doc__ or "").split("\n\n")[0].replace("\n", " ")
        parts.append(f"\n## [{section}]\n\n{about}\n\n")
        for setting in fields(cls):
            parts.append(_entry(setting))
    return "".join(parts)


def _entry(setting) -> str:
    data = setting.metadata
    default = setting.default if setting.default is not inspect._empty else None
    if setting.default_factory is not setting.default:  # a list
        try:
            default = setting.default_factory()
        except TypeError:
            pass
    network, table, teams = (data[key] for key in ("new_run", "new_table_run", "new_self_play_run"))
    new = [
        f"`{toml_value(value)}`{whom}"
        for value, whom in (
            (network, "" if network == table else " (network)"),
            (table if table != network else None, " (table)"),
            (teams, " (teams)"),
        )
        if value is not None
    ]
    facts = [f"Default: `{toml_value(default)}`"]
    if new:
        facts.append(f"new run: {', '.join(new)}")
    if _range(data):
        facts.append(f"possible: {_range(data)}")
    return f"### {setting.name}\n\n{data['help']}\n\n{'; '.join(facts)}. *When to change it:* {WHEN[setting.name]}\n\n"


def _range(data) -> str:
    if data["choices"]:
        return ", ".join(f"`{choice}`" if choice else '`""`' for choice in data["choices"])
    low, high, above = (None if data[key] is None else f"{data[key]:,}" for key in ("low", "high", "above"))
    start = f"from {low}" if low is not None else f"above {above}" if above is not None else ""
    end = f"to {high}" if high is not None else ""
    return " ".join(filter(None, [KINDS.get(data["kind"], ""), start, end]))


def commands_page() -> str:
    parts = [MADE, "# Every command\n\n"]
    parts.append(
        "`retro-gamer COMMAND` and `python -m retro_gamer COMMAND` are the same. `--debug` shows an error's traceback.\n"
    )
    parser = build_parser()
    (commands,) = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    hidden = {name for name, sub in commands.choices.items() if sub.description is None}
    for name, sub in commands.choices.items():
        if name not in hidden:
            parts += _command(name, sub)
    return "".join(parts)


def _command(name, sub):
    example = (sub.epilog or "").split("Example:", 1)[-1].strip()
    yield f"\n## {name}\n\n{sub.description}\n\n```text\n{example}\n```\n\n"
    rows = [
        action
        for action in sub._actions
        if action.help != argparse.SUPPRESS and not isinstance(action, argparse._HelpAction)
    ]
    own = [action for action in rows if not _is_setting(action)]
    if own:
        yield "| | |\n| --- | --- |\n"
        for action in own:
            shown = ", ".join(action.option_strings) or action.metavar or action.dest
            value = f" {action.metavar}" if action.option_strings and action.metavar else ""
            yield f"| `{shown}{value}` | {(action.help or '').replace('%%', '%').replace('|', '/')} |\n"
    if len(own) < len(rows):
        yield "\nEvery [setting](settings.md) is a flag too, with dashes: `--training-turns 100000`.\n"


def _is_setting(action) -> bool:
    names = {setting.name for cls in SECTIONS.values() for setting in fields(cls)}
    return (
        bool(action.option_strings)
        and action.dest in names
        and action.dest not in ("seed",)
        or (
            bool(action.option_strings)
            and action.dest == "seed"
            and "--seed" in action.option_strings
            and action.metavar == "SEED"
        )
    )


PAGES = {"settings.md": settings_page, "commands.md": commands_page}

if __name__ == "__main__":
    for page, make in PAGES.items():
        (HERE / "reference" / page).write_text(make(), encoding="utf-8")

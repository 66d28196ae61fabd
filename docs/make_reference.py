"""Makes docs/reference/settings.md and commands.md from the code:  python docs/make_reference.py"""

import argparse
import inspect
import sys
from dataclasses import fields
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from retro_gamer.cli import build_parser  # noqa: E402
from retro_gamer.config.settings import SECTIONS  # noqa: E402
from retro_gamer.config.values import toml_value  # noqa: E402

MADE = "<!-- Made by docs/make_reference.py from the code. Change the code, and run it again. -->\n\n"
# When to change a setting; what it means is in the code. A setting that is not here is rarely changed.
WHEN = {
    "seed": "For another training with the same settings.",
    "training_turns": "A simple game needs 100,000; a hard one a million.",
    "max_turns_per_episode": "Smaller, when games never end by themselves.",
    "learning_rate": "A third of it when the loss grows without end; more when it learns slowly and steadily.",
    "gamma": "0.95 when it stands still or looks too far ahead; 0.99 when rewards come late.",
    "epsilon_decay_turns": "More when it settles too early on something bad; less for a short training.",
    "n_step": "3 to 5 when rewards come late.",
    "hidden_sizes": "Larger for many kinds of things on the board; slower.",
    "egocentric_radius": "Larger when what matters comes from farther away.",
    "radar": "Off when hundreds of characters are on the board.",
    "observe_state": "For numbers that the board does not show: speed, fuel, whose turn it is.",
    "board": "True for small boards, and for games without a character of one's own.",
    "spatial": "True with board = true, for boards that are like pictures.",
    "evaluate_every": "Less often when the game is slow.",
    "memory_capacity": "Smaller on a machine with little memory.",
    "algorithm": "A table when there are few situations.",
    "planning_steps": "10 makes a table learn with fewer games.",
    "keep_checkpoints": "More to look back on a long training.",
    "window": "More when policies forget how to beat old opponents.",
    "swap_steps": "Fewer for more variety of opponents.",
}


def settings_page() -> str:
    parts = [MADE, "# Every setting\n\n"]
    parts.append(
        "Settings are in `config.toml` of a run, and each is a flag of `create` with dashes: `gamma` is `--gamma`. "
        "*Default* is what a file means that leaves the setting out; *new run* is what `create` writes.\n"
    )
    for section, cls in SECTIONS.items():
        about = inspect.cleandoc(cls.__doc__ or "").split("\n\n")[0].replace("\n", " ")
        parts.append(f"\n## [{section}]\n\n{about}\n\n")
        parts.append("| setting | meaning | default | new run | range | when to change it |\n")
        parts.append("| --- | --- | --- | --- | --- | --- |\n")
        for setting in fields(cls):
            parts.append(_row(setting))
    return "".join(parts)


def _row(setting) -> str:
    data = setting.metadata
    default = setting.default if setting.default is not inspect._empty else None
    if setting.default_factory is not setting.default:  # a list
        try:
            default = setting.default_factory()
        except TypeError:
            pass
    new = data.get("new_run")
    cells = [
        f"`{setting.name}`",
        data["help"],
        f"`{toml_value(default)}`",
        f"`{toml_value(new)}`" if new is not None else "",
        _range(data),
        WHEN.get(setting.name, ""),
    ]
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |\n"


def _range(data) -> str:
    if data["choices"]:
        return ", ".join(f"`{choice}`" for choice in data["choices"])
    low, high, above = data["low"], data["high"], data["above"]
    start = f"from {low:g}" if low is not None else f"above {above:g}" if above is not None else ""
    end = f"to {high:g}" if high is not None else ""
    return f"{start} {end}".strip()


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

"""Which number of a game's state is the one that should grow."""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, List, NamedTuple, Sequence

from retro_gamer.errors import ConfigError

USUAL = (  # names of scores, the first the best, in whatever letters
    "reward score points punkte punktestand punktzahl punten punktid puntos puntuacion puntuación puntaje punti punteggio "
    "pontos poäng poeng pisteet punkty body puan skor"
).split()
# Words in the names of numbers that games count for their players, of those that players want to be small, and of those
# that only say how far a game is.
GOOD = (
    "reward score point gold coin money cash gem star treasure kill goal caught eaten collected apple food hit xp exp "
    "experience found saved chip dollar euro taler catch loot diamond correct richtig beute punkt "
    "münze stern treffer tor geld gefunden gefangen geliefert delivered pièce etoile étoile argent or but moneda estrella "
    "dinero monete stelle soldi moeda munt credit cookie won win victory solved gelöst gewonnen sieg gagné ganado vinto "
    "geschafft rescued gerettet geborgen"
)
BAD = (
    "miss missed lost loss damage death died error mistake penalty penalties wound wrong incorrect crash crashed fault "
    "defeat minus straf "
    "fehler verfehlt verpasst schaden falsch verloren niederlage erreur raté faute perdu derrota fallo errori fout gemist "
    "hunger thirst faim hambre fame honger hour stunde heure hora "
    "stroke attempt tries price cost schlag schläge versuch preis kosten essai prix precio prezzo prijs"
)
OTHERS = (
    "enemy enemies opponent cpu computer rival other their them eux ellos bot robot ai ki er gegner ennemi enemigo nemico "
    "vijand"
)
PROGRESS = (
    "level wave stage floor round day turn step move tick frame time timer clock second minute zeit runde stufe ebene welle "
    "tag zug züge schritt niveau temps tour étage etage vague jour coup nivel tiempo turno ronda paso livello tempo "
    "tijd record highscore best rekord click"
)
MOVES = "turn step move schritt zug züge coup turno paso"
SIDES = "1 2, left right, x o, a b, red blue, white black, links rechts, rot blau, weiß schwarz".split(", ")
BY_NAME = "by its name"
MUCH = 2  # times as much as any other: then a number grows most
EARNED = 1.1  # times as much as when nobody plays: so much more is no chance
FEW = 3  # games that were over
LONG = 5  # letters: so long a word is known in longer ones, such as goldmünzen
STEADY = 0.9  # the share of turns in which a number that counts turns changes by the same

Histories = Dict[str, List[List[float]]]  # a number's name -> for each game, its values from the start on


class Choice(NamedTuple):
    """The state value to maximise, another to report to people ("" for none), and why these."""

    reward: str
    score: str
    why: str


class Growth(NamedTuple):
    """How a number changes in play."""

    up: float  # by how much it grew, in all turns together
    down: float  # and fell
    steps: int  # in how many turns it changed
    turns_counted: bool  # whether it changes by the same in nearly every turn
    begins: float = 0.0  # what it is in a new game
    turns: int = 1  # that were looked at
    squares: float = 0.0  # of its changes, added up
    ends: bool = False  # whether games are over when it gets to some number, and only then
    empty: bool = False  # whether some games are over when it is as small as it gets, and only then
    saved: bool = False  # whether it grows by the same in nearly every turn, and is spent at times
    full: bool = False  # whether it is filled up at times, but never to more than at first

    @property
    def grows(self) -> bool:
        return self.up > self.down

    @property
    def a_turn(self) -> float:
        """By how much it grew in a turn, on average."""
        return (self.up - self.down) / max(1, self.turns)

    @property
    def falls(self) -> bool:
        return self.down > self.up

    @property
    def wanders(self) -> bool:
        """Whether it goes up and down as by chance, such as an angle that keys turn."""
        return bool(self.up and self.down) and (self.up - self.down) ** 2 <= 4 * self.squares


def growth_of(games: Sequence[Sequence[float]]) -> Growth:
    """How a number changed in games, given its values turn by turn."""
    changes = [after - before for game in games for before, after in zip(game, game[1:])]
    counts: dict[float, int] = {}
    for change in changes:
        counts[round(change, 9)] = counts.get(round(change, 9), 0) + 1
    common = max((change for change in counts if change), key=lambda change: counts[change], default=0)
    up, down = (sum(sign * change for change in changes if sign * change > 0) for sign in (1, -1))
    counted = bool(common) and counts[common] >= STEADY * len(changes)
    begins = next((game[0] for game in games if game), 0.0)
    squares = sum(change * change for change in changes)
    ends = len(games) > FEW and len({game[-1] for game in games[:-1]}) == 1
    ends = ends and all(game[-1] not in game[:-1] for game in games[:-1])
    least = min((value for game in games for value in game), default=0.0)
    empty = least < begins and all(least not in game[:-1] for game in games) and any(game[-1] == least for game in games)
    saved, full = (
        counted and common > 0 < down,
        0 < begins == max((max(game) for game in games if game), default=0) and up > 0,
    )
    steps = len(changes) - counts.get(0, 0)
    return Growth(up, down, steps, counted, begins, len(changes), squares, ends, empty, saved, full)


def find_reward(
    histories: Histories, state: dict[str, Any], idle: Callable[[], Histories] = lambda: {}, elsewhere: str = ""
) -> Choice:
    """The reward among the numbers of a game's state. `state` is that of a new game.

    It is the one with a usual name; else one that grows with play; of several, the one that grows more than in the games of
    `idle`, in which nobody played, or most; else what says whether the game is won. Raises ConfigError where that leaves
    none, or several; it says what is kept `elsewhere`.
    """
    late = [name for name in histories if name not in state]
    numbers = {name: growth_of(histories[name]) for name in histories if not isinstance(state.get(name, True), bool)}
    flags = [name for name, value in state.items() if isinstance(value, bool) and _has_word(name, GOOD)]
    if late and not numbers and not flags:
        first = min(late, key=lambda name: (str(name).lower() not in USUAL, not _has_word(name, GOOD)))
        raise ConfigError(
            f"A new game's state has no number that could grow. It has: {', '.join(state) or 'nothing'}. {first} comes "
            f"only later: give the new Game that value from the start, such as  Game(agents, {{{first!r}: 0}})"
        )
    usual = [name for known in USUAL for name in numbers if str(name).lower() == known]
    if usual:
        return Choice(usual[0], usual[1] if len(usual) > 1 else "", BY_NAME)
    found, why = _most_like_a_score(numbers), ""
    if len(flags) == 1 and not any(_is_goal(name, numbers[name]) for name in found):
        return Choice(flags[0], "", "because it says whether the game is won, and no number is like a score")
    several = found
    if not any(_has_word(name, GOOD) for name in found):  # these may grow by themselves
        still = [name for name in numbers if not numbers[name].steps and _has_word(name, GOOD)]
        found = [*found, *(name for name in still if not _has_word(name, f"{BAD} {OTHERS}"))]
    if len(found) > 1:
        nobody = idle()
        played = [name for name in found if not _goes_by_itself(histories[name], nobody.get(name, ()))]
        found, why = _earned(played or found, numbers, {name: growth_of(nobody[name]) for name in nobody})
    if len(found) == 1 and _has_word(found[0], MOVES):  # more are no better, where only keys make them
        alone = idle().get(found[0])
        found = [] if alone and not growth_of(alone).up else found
    if len(found) == 1:
        why = _why(found[0], numbers, why)
        if _are_two_sides(several):
            why += f". If {' and '.join(several)} are those of two players, name the reward and the keys of one"
        return Choice(found[0], "", why)
    if numbers:
        raise ConfigError(
            f"Which value of the game's state should grow? Its numbers are: {', '.join(numbers)}. Say it with  --reward "
            "NAME ; the change of that value from one turn to the next is the reward. If the game has none, let it keep "
            "one, such as state['score']."
        )
    values = ", ".join(f"{name} = {value!r:.50}" for name, value in state.items())
    has = f"None of its values is a number: {values}." if values else "It is empty."
    raise ConfigError(
        f"The game's state has no number that could grow. {has}{elsewhere}\nGive it one, without quotes:  Game(agents, "
        "{'score': 0}), and change it where something good happens, or in every turn that is survived:  "
        "game.state['score'] += 1"
    )


def _most_like_a_score(numbers: dict[str, Growth]) -> list[str]:
    """The names of the numbers that are most like a score, of which there may be none or several."""
    fair = [name for name in numbers if not _has_word(name, BAD)]  # but what others lose is good
    fair = [name for name in numbers if _has_word(name, BAD) == _has_word(name, OTHERS)] or fair
    needs = [name for name in fair if numbers[name].up and numbers[name].down]  # as food and fun of a pet
    full = [numbers[name].begins for name in needs if numbers[name].empty]
    needs = [name for name in needs if numbers[name].begins in full]
    fair = [name for name in fair if len(needs) == 1 or name not in needs] or fair
    fair = [name for name in fair if not numbers[name].full or _has_word(name, GOOD)] or fair  # air is no score
    goals = [name for name in fair if not _has_word(name, PROGRESS)]  # rather than ways
    goals = [name for name in goals if _has_word(name, GOOD) or not numbers[name].wanders] or goals
    good = [name for name in goals if _has_word(name, GOOD)]
    named = [name for name in good if not numbers[name].falls]
    growing = [name for name in goals if numbers[name].grows and not numbers[name].turns_counted]
    unused = [name for name in goals if not numbers[name].steps and numbers[name].begins in (0, 1)]
    kinds: tuple[list[str], ...] = (
        [name for name in named if numbers[name].grows],
        [name for name in growing if not numbers[name].down],
        [name for name in good if numbers[name].up],  # such as money, which random play spends
        growing,
        named,
        [name for name in goals if numbers[name].grows],
        # One that random play never raised, where all others are no score.
        unused if len(unused) == 1 else [],
        [name for name in fair if numbers[name].grows and not numbers[name].turns_counted],
        [name for name in fair if numbers[name].grows],
        [name for name in fair if numbers[name].steps],  # such as one that only a good player raises
        [name for name in fair if len(numbers) == 1 and numbers[name].begins in (0, 1)],
    )
    for kind in kinds:
        one_way = [name for name in kind if not numbers[name].down]
        if kind:
            return one_way or kind
    return []


def _is_goal(name: str, growth: Growth) -> bool:
    return _has_word(name, GOOD) or (growth.grows and not _has_word(name, PROGRESS))


def _earned(names: list[str], numbers: dict[str, Growth], idle: dict[str, Growth]) -> tuple[list[str], str]:
    """Of several numbers that might be the score, the one that play earns; with why it is."""
    nothing = Growth(0.0, 0.0, 0, False)
    earned = [name for name in names if numbers[name].a_turn > EARNED * idle.get(name, nothing).a_turn]
    if idle and len(earned) == 1:
        return earned, "because it grows more with play than when nobody plays"
    names = earned if idle and earned else [name for name in names if not numbers[name].steps] or names
    names = [name for name in names if not numbers[name].ends] or names
    most = max(names, key=lambda name: numbers[name].a_turn)
    if all(numbers[most].a_turn >= MUCH * numbers[name].a_turn for name in names if name != most):
        return [most], "because it grows most with play"
    alone = [name for name in earned if not idle.get(name, nothing).up]
    return (alone, "because it only grows with play") if idle and len(alone) == 1 else (names, "")


def _goes_by_itself(played: Sequence[Sequence[float]], idle: Sequence[Sequence[float]]) -> bool:
    """Whether a number changes, and in just the same way when nobody plays."""
    pairs = [pair for games in zip(played, idle) for pair in zip(*games)]
    return len(set(pairs)) > 1 and all(one == other for one, other in pairs)


def kept_by_characters(agents: Sequence[Any]) -> str:
    """Says which character keeps a number that is named like a score; "" where none does."""
    for agent in agents:
        for name, value in {**vars(type(agent)), **getattr(agent, "__dict__", {})}.items():
            if isinstance(value, (int, float)) and (name.lower() in USUAL or _has_word(name, GOOD)):
                return f" {type(agent).__name__} keeps {name} for itself, where the trainer does not look."
    return ""


def _are_two_sides(names: Sequence[str]) -> bool:
    return len(names) == 2 and (_parts(names[0]) ^ _parts(names[1])) in list(map(_parts, SIDES))


def _has_word(name: Any, words: str) -> bool:
    parts, known = _parts(name), _parts(words)
    long = tuple(word for word in known if len(word) >= LONG)
    ends = long if words == GOOD else ()  # as in goldmünzen; but who is geschlagen made no schlag
    return bool(parts & known) or any(part.startswith(long) or part.endswith(ends) for part in parts)


def _parts(name: Any) -> set[str]:
    """Its words, as they begin: without what makes several of one, in English or German; ü is ue."""
    apart = re.sub("(?<=[a-z])(?=[A-Z])", " ", str(name)).lower()  # myCoins
    for letter, letters in zip("äöüß", ("ae", "oe", "ue", "ss")):
        apart = apart.replace(letter, letters)
    return {re.sub(r"(?<=\w{3})[ens]+$", "", part) for part in re.findall(r"[^\W\d_]+|\d+", apart)}


def _why(name: str, numbers: dict[str, Growth], earned: str) -> str:
    one, falling = numbers[name], [other for other in numbers if other != name and numbers[other].falls]
    counting = [other for other in numbers if other != name and numbers[other].grows]
    if len(numbers) == 1:
        why = "as the only number there is"
    elif earned:
        why = earned
    elif not one.steps and not _has_word(name, GOOD):
        why = "because no other number is like a score; random play never changed it"
    elif not one.steps:
        why = f"{BY_NAME}; random play never changed it"
    elif one.grows:
        why = "because it grows with play"
    elif _has_word(name, GOOD):
        why = BY_NAME
    else:
        why = "because no other number is like a score"
    if falling:
        why += f"; {', '.join(falling)} {'falls' if len(falling) == 1 else 'fall'}"
    if counting:
        why += f"; {', '.join(counting)} {'is' if len(counting) == 1 else 'are'} less like a score"
    return why

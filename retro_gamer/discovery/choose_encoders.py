"""How is a new game seen? What `create` writes into [preprocessing], from what random play showed."""

from __future__ import annotations

from typing import Any, Iterable, Sequence, Tuple

from retro_gamer.config.checks import NOT_BESIDE_TILES
from retro_gamer.discovery.draft import Draft
from retro_gamer.discovery.edges import edges_that_join
from retro_gamer.discovery.ground import IF_IT_SHUTS_ITSELF_IN, TURNS_TO_LOOK, Ground, look_at_ground
from retro_gamer.discovery.players import moved_by_keys
from retro_gamer.discovery.probing import Probe, only_player
from retro_gamer.discovery.rewards import growth_of
from retro_gamer.discovery.sights import (
    Sight,
    balls_that_fly,
    deaths_that_hide_hits,
    hits_that_come_late,
    signs_to_press,
    targets_far_away,
    things_that_come,
    walls_that_come,
    what_has_a_rhythm,
)
from retro_gamer.discovery.state_numbers import TURNS, changing_numbers, changing_words, most_turns, not_shown, says_which
from retro_gamer.environment.observation import WHICH
from retro_gamer.environment.player import name_of, player_finder
from retro_gamer.environment.readings import Canvas, grid_size
from retro_gamer.environment.vocabulary import FIRST_CHARACTER, MAX_CHARACTERS
from retro_gamer.environment.ways import Ways
from retro_gamer.errors import GameError

OFTEN = 0.17  # of the walks: so often the straight way is barred where another is shown. At 0.14 (pellets) it did harm
GAMMA_OF_TRAPS = 0.99  # snake, 120 s: 87 and 84 apples; with 0.97 81 and 82
LUCK = {"priority_min": 0.3, "priority_beta": 0.0}
GAINS_OFTEN = 0.01
MANY_CHARACTERS = 1000  # on the board at once: the radar would cost more than the game itself


def see_whole_board(draft: Draft, radar: bool = False, why: str = "") -> None:
    draft.set({"board": True, "egocentric_radius": 0, "radar": radar}, why)


def choose_encoders(draft: Draft, factory: Any, probe: Probe) -> None:
    """How the game is seen, from what random play showed. docs/defaults.md says why."""
    if not draft.is_dqn or draft.named.get("board"):
        see_whole_board(draft, radar=bool(draft.named.get("radar")))
        return
    actions = draft.get("actions")
    if not draft.named.get("player"):
        try:
            draft.set({"player": only_player(probe.players)})
        except GameError as error:
            moved = moved_by_keys(factory, actions)  # such as a cursor, among fields that listen to Enter
            if not any(name_of(player) == moved for player in probe.players):
                see_whole_board(draft)
                draft.say(f"{error} The whole board is seen. To see it from one of them, name it: --player NAME")
                return
            draft.set({"player": moved})
    player = draft.get("player")
    if not player:
        player = moved_by_keys(factory, actions)
        draft.set({"player": player}, "It listens to no keys itself, but moves when they are pressed." if player else "")
    if not player:
        see_whole_board(draft, why="The keys control no character on the board, so there is none to look from.")
        signs = signs_to_press(probe, actions)
        if signs is not None and draft.is_free("kinds", "flow", "radar"):
            see(draft, signs)
        else:
            draft.say("The keys control no character: the whole board is seen.")
        return
    why = "A window around the character learns faster than the whole board on every game that was tried"
    draft.explain("board", f"{why}; see docs/defaults.md.")
    if probe.n_agents > MANY_CHARACTERS:
        draft.set({"radar": False}, f"Off, because there are {probe.n_agents} characters to look through each turn.")
    needless: set[str] = set()  # settings
    is_fixed = player in probe.fixed and draft.is_free("board", "egocentric_radius")
    if is_fixed:
        why = f"{player} never moves, so each cell of the board is always as far from it."
        see_whole_board(draft, draft.config.preprocessing.radar, why)
        needless = {"egocentric_radius", "far"}  # all of the board is seen
    if probe.cell_size and not is_fixed and draft.is_free("cell_size", "board"):
        draft.set({"cell_size": probe.cell_size}, "In random play all went by so many columns, or rows, at a time.")
        draft.say("Its grid has cells of {} x {}: each is seen as one.".format(*probe.cell_size))
    found = (walls_that_come, things_that_come, balls_that_fly, what_has_a_rhythm, targets_far_away, hits_that_come_late)
    for sight in (*(look(probe) for look in found), deaths_that_hide_hits(probe, draft.get("reward"))):
        if sight is not None and draft.is_free(*sight.settings) and not needless & set(sight.settings):
            see(draft, sight)
    seen = draft.config.preprocessing
    side = 2 * seen.egocentric_radius + 1
    reach = ", which never moves: the whole board" if is_fixed else f": a window of {side}x{side} cells"
    draft.say(f"Seen from {player}{reach}" + (" and a radar." if seen.radar else "."))


def choose_turns(draft: Draft, probe: Probe) -> None:
    """Whether a key is pressed in every turn: where the game waits for one, and all of it is seen."""
    if draft.is_dqn and draft.is_free("turn_based") and probe.turn_based and draft.config.preprocessing.board:
        draft.set({"turn_based": True}, "In random play nothing ever changed while no key was pressed.")
        draft.say("The game waits for a key: one is pressed in every turn.")
        if draft.is_free("repeat_penalty"):
            draft.set({"repeat_penalty": 1.0}, "1: what gained nothing on a board gains nothing there again.")


def choose_colors(draft: Draft, probe: Probe) -> None:
    """Whether characters are known with their colors, too: where one came in several, but for what has another use."""
    seen, known = draft.config.preprocessing, draft.config.metadata.character_set
    uses = (*seen.way_around, *seen.free_characters, *seen.steps_of)
    colored = {shown: colors for shown, colors in probe.colored.items() if shown in known and shown not in uses}
    if colored and draft.is_dqn and draft.is_free("character_set") and not (seen.kinds or seen.tiles):

        def named(characters: Sequence[str]) -> list[str]:
            plain = [shown for shown in characters if shown not in colored]
            return [*plain, *(f"{shown} {color}" for shown in characters for color in colored.get(shown, ()))]

        draft.set({"character_set": named(known), "rhythm_of": named(seen.rhythm_of)})
        draft.say(f"They came in several colors, which are seen: {' '.join(colored)}.")


def choose_priorities(draft: Draft, probe: Probe) -> None:
    """Whether small surprises are all alike: where random play gains often, much of that is luck.

    Where it gains seldom, surprises are what there is to learn from (docs/notes/2026-11-28-luck.md).
    """
    games = probe.histories.get(draft.get("reward"), ())
    gains = [after - before for game in games for before, after in zip(game, game[1:]) if after > before]
    large = max(gains, default=0) / 4
    share = sum(gain >= large for gain in gains) / max(1, sum(map(len, games)))  # of the turns, with a large one
    if share > GAINS_OFTEN and draft.is_dqn and draft.is_free(*LUCK):
        draft.set(LUCK, f"Random play gains much in {share:.0%} of its turns: often by luck.")


def choose_tiles(draft: Draft, probe: Probe) -> None:
    """Whether what is seen are tiles: where a game without a character, that waits for a key, is played with numbers."""
    seen = draft.config.with_settings({**draft.named, "tiles": []}).preprocessing
    if not (probe.tiles and probe.turn_based and seen.board and draft.is_free("tiles")) or probe.players:
        return
    if draft.is_dqn and not any(getattr(seen, name) for name in NOT_BESIDE_TILES):
        draft.set({"tiles": probe.tiles}, "In random play numbers changed there, and the game waits for a key.")
        draft.say(f"Played with numbers, {probe.tiles[2]} x {probe.tiles[5]}: they are seen, and which of them are equal.")


def see(draft: Draft, sight: Sight) -> None:
    draft.set(sight.settings)
    for name, why in sight.reasons.items():
        draft.explain(name, why)
    draft.say(sight.message)


def observe_numbers(draft: Draft, factory: Any, probe: Probe) -> None:
    """Let the network see the numbers and words of the state that change in play and that the board does not tell."""
    paid = [draft.get("reward"), draft.get("score"), *probe.huge]
    changing = changing_numbers(probe.histories, list(probe.histories), paid)
    if probe.turn_based:  # a count of moves makes each situation a new one, to repeat_penalty too
        changing = [name for name in changing if growth_of(probe.histories[name]).up]
    changing += changing_words(probe.words, most_turns(probe.histories))
    if not changing:
        return
    seen = not_shown(draft.config.with_settings(draft.named), changing, min(TURNS, probe.turns), factory)
    if seen:
        seen += [name + WHICH for name in seen if says_which(probe.histories.get(name, ()))]
        draft.set({"observe_state": seen}, "They change in play, and what is seen of the board does not tell them.")
        draft.say(f"Also observed, since they change and are not on the board: state values {', '.join(seen)}.")


def choose_own_symbol(draft: Draft, probe: Probe, flags: dict[str, Any]) -> None:
    """Whether the character that acts is a symbol of its own: where there is one, and its letter is not needed.

    What its letter tells of its way is seen as its last step then. Where it tells nothing, that would only distract.
    """
    seen = draft.config.preprocessing
    player = draft.get("player") or _only_name(probe.players)
    own_symbol, why = draft.named.get("own_symbol"), ""
    if own_symbol is None:
        own_symbol = bool(player and (seen.board or seen.egocentric_radius or seen.radar) and draft.is_dqn)
        if own_symbol and player in probe.telling:
            own_symbol, why = False, f"Off, because the letter of {player} tells more than which way it went last."
    draft.set({"own_symbol": own_symbol}, why)
    turns = player in probe.turning
    if own_symbol and (turns or player in probe.sliding) and draft.is_free("last_step"):
        why = f"the letter of {player} told which way it went" if turns else f"{player} goes on as it went without a key"
        draft.set({"last_step": True}, f"On, because {why}.")
    if own_symbol and "character_set" not in flags:
        own = probe.own_letters.get(player, ())
        draft.set({"character_set": [shown for shown in draft.config.metadata.character_set if shown not in own]})


def look_around(draft: Draft, factory: Any, probe: Probe) -> None:
    """What there is to see of the ground: free cells on each side, the way around what is in the way, what is dark."""
    known, seen = draft.named, draft.config.preprocessing
    usual = draft.is_dqn and (seen.egocentric_radius or seen.radar)
    asks_room = known.get("room", usual) and draft.is_free("free_characters")
    radar = known.get("radar", seen.radar) and not known.get("flow", seen.flow)
    asks_way = usual and radar and draft.is_free("way_around")
    if not (asks_room or asks_way):
        return
    # Looking at the ground would take as long again.
    if not known.get("room") and probe.turns < TURNS_TO_LOOK:
        draft.say(f"What its character leaves behind was not looked at either. {IF_IT_SHUTS_ITSELF_IN}")
        return
    cell_size = draft.config.with_settings(draft.named).preprocessing.cell_size
    ground = look_at_ground(factory, draft.get("actions"), draft.say, reward=draft.get("reward"), cell_size=cell_size)
    if asks_room:
        _choose_room(draft, ground)
    if asks_way:
        _choose_way(draft, ground, probe)


def choose_wrap(draft: Draft, factory: Any, probe: Probe) -> None:
    """Whether edges of the board join. In a slow game, trying would take too long."""
    seen = draft.config.with_settings(draft.named).preprocessing
    looks = draft.is_dqn and (seen.egocentric_radius or seen.radar) and not (seen.board or seen.sight)
    if not looks or probe.turns < TURNS_TO_LOOK or not draft.is_free("wrap"):
        return
    find_player = player_finder(draft.get("player"))
    edges = edges_that_join(factory, draft.get("actions"), find_player, draft.get("reward"), probe.board_size)
    if edges:
        draft.set({"wrap": edges}, "Found by trying: who leaves the board there comes back on the other side.")
        draft.say("Who leaves the board on one side comes back on the other: it is seen as if it went on there.")


def choose_symmetry(draft: Draft, probe: Probe) -> None:
    """Whether what was played teaches as in a mirror, too: where left and right, or above and below, are alike.

    Of the values that are observed none may have a side: a speed can be negative, and a house number is nearer to one side.
    """
    seen = draft.config.with_settings(draft.named).preprocessing
    values = [probe.histories.get(name, []) for name in seen.observe_state]
    no_side = all(of_games and min(map(min, of_games)) >= 0 for of_games in values)
    looks = draft.is_dqn and seen.own_symbol and not (seen.board or seen.kinds or seen.tiles)
    if not (looks and no_side and draft.is_free("symmetry", "action_ways")):
        return
    values.append(probe.histories.get(draft.get("reward"), []))
    player, actions, shown = draft.get("player"), draft.get("actions"), draft.config.metadata.character_set
    symmetry, ways = probe.sides.symmetry(player, actions, shown, values, seen.cell_size or (1, 1))
    if symmetry == "all" and (seen.place or len(seen.wrap) == 1):
        symmetry = "xy"
    if symmetry:
        sides = {"x": "Left and right", "y": "Above and below"}.get(symmetry, "All sides")
        draft.set({"symmetry": symmetry, "action_ways": ways}, f"{sides} are alike in random play.")
        draft.say(f"{sides} are alike: what was played teaches as in a mirror, too.")


def _choose_room(draft: Draft, ground: Ground) -> None:
    """Whether to see how many free cells there are on each side: where a character can shut itself in."""
    asked, behind = draft.named.get("room"), " and ".join(ground.left)
    if not (asked or behind):
        return
    draft.set({"free_characters": ground.free, "room": True}, "Found by trying: it stepped on these and went on.")
    if draft.is_free("gamma"):
        draft.set({"gamma": GAMMA_OF_TRAPS}, "Looks far ahead: who goes into a trap is dead only many turns later.")
    if not asked:
        draft.explain(
            "room", f"On, because it leaves {behind} behind wherever it goes, and cannot step on it: it may shut itself in."
        )
        draft.say(f"It leaves {behind} behind in its own way: how many free cells there are on each side is seen, too.")


def _choose_way(draft: Draft, ground: Ground, probe: Probe) -> None:
    """Whether to see the way around what is in the way: where something that stays there bars the straight way."""
    if not ground.walks:
        return
    sight = draft.named.get("sight", ground.sight)
    barriers, situations, others = ground.barriers, ground.situations, probe.besides_texts
    if others is not None:  # what is written there is neither in the way nor a goal
        barriers = [shown for shown in barriers if shown in others]
        situations = [({c: one for c, one in cells.items() if one in others}, at) for cells, at in situations]
    share = detours(situations, barriers, grid_size(probe.board_size, ground.cell_size))
    if ground.stays and (share >= OFTEN or ground.left or sight):
        draft.set(
            {"way_around": barriers},
            f"Found by trying: they stop it, cost it something, or are left behind; {share:.0%} of the shortest ways that "
            "were looked at lead around some.",
        )
        draft.say(f"In its way may be {' '.join(barriers)}: the shortest way around them is seen.")
    if sight and draft.is_free("sight"):
        draft.set({"sight": sight}, "Found by trying: what was farther away did not show.")
        draft.say(f"Only what is at most {sight} cells away shows: what it saw before is remembered.")


def _only_name(players: Sequence[Any]) -> str:
    try:
        return only_player(players)
    except GameError:
        return ""


Pair = Tuple[int, int]


def detours(situations: Iterable[tuple[dict[Pair, str], Pair]], barriers: Sequence[str], size: Pair) -> float:
    """Of the shortest walks to the nearest of a kind, the share that would be others without the barriers.

    A situation is what shows in each cell (x, y) of a board of `size` (width, height), and where the character is.
    """
    symbols: dict[str, int] = {}
    n_walks = n_detours = 0
    for cells, position in situations:
        board = bytearray(size[0] * size[1])
        for (x, y), shown in cells.items():
            if len(symbols) < MAX_CHARACTERS or shown in symbols:
                board[y * size[0] + x] = symbols.setdefault(shown, FIRST_CHARACTER + len(symbols))
        known = [symbols[shown] for shown in barriers if shown in symbols]
        walks, straight = (
            Ways(around).readings(Canvas(board, 0, size[0], size), position, FIRST_CHARACTER + len(symbols))
            for around in (known, ())
        )
        n_walks += len(walks)
        n_detours += sum(walk != straight[symbol] for symbol, walk in walks.items())
    return n_detours / n_walks if n_walks else 0.0

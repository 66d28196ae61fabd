"""Trains an agent in a run directory: loads, learns, evaluates, saves, stops and goes on."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Set, Tuple

import numpy as np

from retro_gamer.agents import make_agent
from retro_gamer.agents.agent import under_prefix, with_prefix
from retro_gamer.environment.chance import seed_everything
from retro_gamer.environment.make import discover_characters, make_environment
from retro_gamer.environment.vocabulary import Vocabulary
from retro_gamer.errors import (
    CheckpointError,
    ObservationError,
    RetroGamerError,
    RunNotFoundError,
    TrainingDivergedError,
)
from retro_gamer.hosting.randomness import OwnRandomness, everybody_s_randomness
from retro_gamer.nn import threads
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.runs.policy_description import PolicyDescription, check_same
from retro_gamer.runs.policy_file import SavedPolicy, build_policy, read_policy
from retro_gamer.runs.resume_file import check_resume, reading
from retro_gamer.training.evaluation import (
    FIRST_TRAINING_EVALUATION_SEED,
    Evaluation,
    EvaluationStopped,
    evaluate,
)
from retro_gamer.training.loop import Episode, play_episode
from retro_gamer.training.pulse import Pulse
from retro_gamer.training.randomness import get_random_state, set_random_state
from retro_gamer.training.saving import Saver
from retro_gamer.training.schedules import epsilon_at, learning_rate_at

# The whole state is large: games and checkpoints may pass between two times it is written. After a kill the training goes
# on from the last one, and plays the same games again.
SECONDS_BETWEEN_RESUME_STATES = 20.0
# After the last minute, a game may still be finished: most are by then, and the training is as if it had not been stopped.
SECONDS_TO_FINISH_A_GAME = 2.0


class Status(NamedTuple):
    """Where a training stands, for whoever shows it."""

    episode: int
    turns: int
    goal_episodes: int
    goal_turns: int  # 0: no such goal
    last: Episode
    epsilon: float
    evaluation: Optional[Evaluation]  # the newest
    standing: str = ""  # in self-play: who learns, and how the ratings are
    deadline: float = float("inf")  # of time.monotonic: when the minutes are over


class Trainer:
    """One training run. Everything that changes while training is saved in `resume.npz` and restored from it.

    `stop()` may be called at any time, from a signal handler too: the game being played is finished, everything
    is saved, and `train` returns. Making a Trainer changes no file; whoever makes one while other processes may train
    in the same folder does so inside `run.locked()`.
    """

    def __init__(self, run: RunDirectory, factory: Optional[Callable[[], Any]] = None):
        self.randomness = OwnRandomness()
        with self.randomness:
            self._prepare(run, factory)

    def _prepare(self, run: RunDirectory, factory: Optional[Callable[[], Any]]) -> None:
        self._begin(run)
        training = self.config.training
        resume, policy = run.load_resume(), None
        known: Optional[PolicyDescription] = None
        if resume is not None:
            known = check_resume(resume, run)
        elif run.checkpoints():  # the state was not passed on, or never written: go on from the newest policy
            path, policy = read_policy(run)
            build_policy(policy, path)  # finds out whether its weights can be used
            known = policy.description
        # A network that came from elsewhere keeps its form.
        self._convolutions = known.convolutions if known is not None else None
        # Characters keep the numbers they had; what config.toml adds comes after them.
        characters = [
            *(known.characters if known is not None else ()),
            *self.config.metadata.character_set,
        ]
        self.vocabulary = Vocabulary(characters, grows=True)
        if known is not None:
            self.vocabulary.make_room(known.n_symbols)
        self.environment = make_environment(self.config, self.vocabulary, factory)
        self.evaluation_environment = make_environment(self.config, self.vocabulary, factory)
        if known is None:
            metadata = self.config.metadata
            nothing_to_find = metadata.character_set or metadata.observation_function
            exploration = 0 if nothing_to_find else training.exploration_turns
            discover_characters(self.environment, exploration, training.seed)
            shape = self.environment.shape
        else:
            try:
                self.environment.reset()
            except (
                ObservationError
            ):  # the settings and the game do not fit together: does a changed setting say why?
                now = replace(self._describe_policy(), n_features=known.n_features)
                check_same(known.difference(now), run)
                raise
            check_same(known.difference(self._describe_policy()), run)
            shape = self.environment.shape
            if known.n_symbols < shape.n_symbols:  # config.toml added characters: the agent, too, will grow
                shape = shape._replace(n_cells=known.n_cells, n_symbols=known.n_symbols)
        self.agent = make_agent(
            self.config,
            shape,
            len(self.environment.actions),
            self.rng,
            convolutions=self._convolutions,
            feature_type=self.environment.feature_type,
        )
        if resume is not None:
            with reading(run):
                self._restore(resume.facts, resume.arrays)
        else:
            seed_everything(training.seed)
            if policy is not None:
                self._start_from(policy)

    def _begin(self, run: RunDirectory) -> None:
        """Read the settings, seed everything, and count from nothing."""
        self.run, self.config = run, run.load_config()
        training = self.config.training
        seed_everything(training.seed)
        # A stream of its own: what the agent draws does not depend on what the games draw.
        self.rng = np.random.default_rng(np.random.SeedSequence(training.seed).spawn(1)[0])
        self.episode = self.turns = 0
        self.seconds = 0.0
        self.best_return: Optional[float] = None
        self.evaluation: Optional[Evaluation] = None
        self._next_evaluation = training.evaluate_every
        self._since_checkpoint: List[Episode] = []  # the games that no checkpoint tells of yet
        self._evaluated_return: Optional[float] = None  # since the last checkpoint
        self._loose_checkpoints: List[int] = []  # made by a stop in between, to be replaced by the next
        self.saver = Saver(run)
        self._resume_saved = self._began = float("-inf")
        self._cut_at = float("inf")  # of time.monotonic: when a game that goes on too long is cut short
        self._was_cut = False
        self._pulse = Pulse()
        self.stopping = False  # whether someone asked for a stop

    @property
    def resumed(self) -> bool:
        return self.episode > 0

    @property
    def epsilon(self) -> float:
        return epsilon_at(self.config.training, self.turns, self.episode)

    def stop(self) -> None:
        """Finish the game being played, save and return from `train`."""
        self.stopping = True

    def is_complete(self) -> bool:
        """Whether the configured number of games or turns has been reached, and all is saved."""
        training = self.config.training
        reached = self.episode >= training.training_episodes or 0 < training.training_turns <= self.turns
        return reached and not (self._since_checkpoint and self._checkpoint_due(last=True))

    def train(
        self,
        episodes: Optional[int] = None,
        minutes: Optional[float] = None,
        on_episode: Callable[[Status], None] = lambda status: None,
        on_checkpoint: Callable[[Dict[str, Any]], None] = lambda row: None,
        on_notice: Callable[[str], None] = lambda text: None,
        on_wait: Callable[[str], None] = lambda text: None,
    ) -> None:
        """Train to the configured goal, or for `episodes` more games, or until `minutes` have passed.

        `on_wait` is told a few times a second what goes on within a game that lasts longer than a second.
        A game that goes on after the last minute is cut short there, as it is at max_turns_per_episode.

        Raises RunBusyError when another process is at it.
        """
        training = self.config.training
        goal = self.episode + episodes if episodes is not None else training.training_episodes
        goal_turns = training.training_turns if episodes is None else 0
        self._began = time.monotonic()
        deadline = self._began + 60 * minutes if minutes is not None else float("inf")

        def reached() -> bool:
            return self.episode >= goal or 0 < goal_turns <= self.turns

        on_episode = everybody_s_randomness()(on_episode)
        on_checkpoint = everybody_s_randomness()(on_checkpoint)
        on_notice = everybody_s_randomness()(on_notice)
        on_wait = everybody_s_randomness()(on_wait)
        self.saver.tell, self._pulse = on_notice, Pulse(on_wait)
        if threads.NOTICE:
            on_notice(threads.NOTICE)
        with self.run.locked(), self.randomness:
            for notice in self._tidy_up():
                on_notice(notice)
            if (
                not self.run.resume_path.is_file()
            ):  # a kill before the first one begins again with the same games
                self.run.save_resume(*self._resume_state())
            self._cut_at = float("inf")
            try:
                if self._since_checkpoint:  # a stop may have left something to do
                    self._finish_game(reached(), on_checkpoint)
                self._cut_at = deadline + SECONDS_TO_FINISH_A_GAME
                while not reached() and not self.stopping:
                    episode = self._next_game()
                    for notice in self._notices():
                        on_notice(notice)
                    on_episode(
                        Status(
                            self.episode,
                            self.turns,
                            goal,
                            goal_turns,
                            episode,
                            self.epsilon,
                            self.evaluation,
                            self._standing(),
                            deadline,
                        )
                    )
                    self._finish_game(reached(), on_checkpoint)
                    if time.monotonic() >= deadline:
                        break
            except EvaluationStopped:
                pass
            self._save_in_between()

    def _time_is_up(self) -> bool:
        """Asked after each turn: whether the game should be cut short, for the minutes are over."""
        now, pulse = time.monotonic(), self._pulse
        pulse.turns += 1
        if now >= pulse.due:
            pulse.beat(now)
        self._was_cut = now >= self._cut_at
        return self._was_cut

    def _next_game(self) -> Episode:
        started = time.perf_counter()
        self._pulse.begin(f"game {self.episode + 1}")
        try:
            episode = self._play_game()
        except TrainingDivergedError:
            raise  # and save nothing of it
        except RetroGamerError as error:
            self._save_in_between()
            raise type(error)(
                f"{error}\n(Game {self.episode + 1} of the training. What was learned before is saved.)"
            ) from error
        self.episode += 1
        self.turns += episode.turns
        self.seconds += time.perf_counter() - started
        self._since_checkpoint.append(episode)
        return episode

    def _finish_game(self, last: bool, on_checkpoint: Callable[[Dict[str, Any]], None]) -> None:
        """Evaluate and save what is due after a game; a stop puts it off until the training goes on."""
        started = time.perf_counter()
        try:
            self._evaluate_if_due(last)
        except RetroGamerError as error:
            self._save_in_between()
            raise type(error)(
                f"{error}\n(In a greedy evaluation after game {self.episode} of the training. What was "
                "learned before is saved.)"
            ) from error
        self.seconds += time.perf_counter() - started
        if self._checkpoint_due(last):
            on_checkpoint(self._checkpoint())
        elif time.monotonic() - max(self._began, self._resume_saved) >= SECONDS_BETWEEN_RESUME_STATES:
            self._save_resume()
        self.saver.retry()

    # What self-play does in its own way

    def _play_game(self) -> Episode:
        """Play the next game and learn from it."""
        self.agent.learning_rate = learning_rate_at(self.config.training, self.turns, self.episode)
        return play_episode(self.environment, self.agent, self._epsilon_of_turn(), cut_short=self._time_is_up)

    def _tidy_up(self) -> List[str]:
        """Remove what a kill left behind; returns what there is to say."""
        return self.run.tidy_up(self.episode)

    def _remove_old_checkpoints(self) -> None:
        training = self.config.training
        self.run.thin_checkpoints(
            training.keep_checkpoints, training.checkpoint_every, self._loose_checkpoints
        )

    def _notices(self) -> List[str]:
        """What a person should be told now."""
        return [*self.agent.notices(), *self.environment.notices(), *self._cut_notice()]

    def _cut_notice(self) -> List[str]:
        if not self._was_cut:
            return []
        return [
            f"The time was up in the middle of game {self.episode}: it was cut short after "
            f"{self._since_checkpoint[-1].turns} turns, as games are at max_turns_per_episode."
        ]

    def _standing(self) -> str:
        return ""

    def _checkpoint_due(self, last: bool) -> bool:
        return last or self.episode % self.config.training.checkpoint_every == 0

    def _after_checkpoint(self) -> None:
        pass

    @property
    def _policy_run(self) -> RunDirectory:
        """Where the policy that learns now has its checkpoints."""
        return self.run

    def _epsilon_of_turn(self) -> Callable[[], float]:
        """The exploration rate before each turn of the game about to be played."""
        training, turn, episode = self.config.training, self.turns, self.episode
        if turn >= training.epsilon_decay_turns:  # it falls no further, or not from turn to turn
            constant = epsilon_at(training, turn, episode)
            return lambda: constant

        def epsilon() -> float:
            nonlocal turn
            turn += 1
            return epsilon_at(training, turn - 1, episode)

        return epsilon

    # Evaluation

    def _evaluate_if_due(self, last: bool) -> None:
        if self.config.training.evaluate_every and (last or self.turns >= self._next_evaluation):
            self._evaluate()

    def _evaluate(self) -> None:
        """Play greedily on fixed seeds of their own, and keep the policy if it is the best so far."""
        every, games = self.config.training.evaluate_every, self.config.training.evaluation_games

        def count(done: int) -> None:
            self._pulse.next_game(f"measuring greedy game {done + 1} of {games}")

        self._pulse.begin(f"measuring greedy game 1 of {games}")
        self.evaluation = evaluate(
            self.evaluation_environment,
            self.agent,
            games,
            FIRST_TRAINING_EVALUATION_SEED,
            stopping=lambda: self.stopping or time.monotonic() >= self._cut_at,
            on_game=count,
            on_turn=self._pulse.turn,
        )
        if self.turns >= self._next_evaluation:
            self._next_evaluation = self.turns - self.turns % every + every
        self._evaluated_return = self.evaluation.mean
        if self.best_return is None or self.evaluation.mean > self.best_return:
            self.best_return = self.evaluation.mean
            self.saver.save_policy(
                self.run, self.run.best_path, self._policy_facts(), self.agent.get_policy()
            )

    # Saving

    def _checkpoint(self) -> Dict[str, Any]:
        """Save the policy, a line of the log, a row of the metrics, and the state to resume from; returns the row."""
        self._save_policy()
        row = self._log_checkpoint()
        self._since_checkpoint = []
        self._evaluated_return = None
        self._loose_checkpoints = [number for number in self._loose_checkpoints if number != self.episode]
        self._after_checkpoint()
        if self._loose_checkpoints or time.monotonic() - self._resume_saved >= SECONDS_BETWEEN_RESUME_STATES:
            self._save_resume()
        return row

    def _save_in_between(self) -> None:
        """Save on a stop, also between two checkpoints: the next one will be as if there had been no stop."""
        if self._since_checkpoint:
            self._save_policy()
            self._loose_checkpoints = [
                *(n for n in self._loose_checkpoints if n != self.episode),
                self.episode,
            ]
        self.saver.finish(self._save_resume)

    def _save_policy(self) -> None:
        path = self.run.checkpoint_path(self.episode)
        self.saver.save_policy(self.run, path, self._policy_facts(), self.agent.get_policy())

    def _describe_policy(self) -> PolicyDescription:
        return PolicyDescription.of(
            self.config, self.environment, self.vocabulary, convolutions=self._convolutions
        )

    def _policy_facts(self) -> Dict[str, Any]:
        facts = self._describe_policy().to_json()
        facts.update(
            episode=self.episode,
            turns=self.turns,
            evaluation=self.evaluation.mean if self.evaluation is not None else None,
        )
        return facts

    def _resume_state(self) -> Tuple[Dict[str, Any], Dict[str, np.ndarray]]:
        """All that is needed to go on: facts and arrays."""
        facts = {
            "policy": self._describe_policy().to_json(),
            "episode": self.episode,
            "turns": self.turns,
            "seconds": self.seconds,
            "best_return": self.best_return,
            "next_evaluation": self._next_evaluation,
            "evaluated_return": self._evaluated_return,
            "since_checkpoint": [list(episode) for episode in self._since_checkpoint],
            "loose_checkpoints": self._loose_checkpoints,
            "random": get_random_state(self.rng),
            "learning_rate": self.agent.learning_rate,  # of the last game, for a row of the metrics yet to be written
        }
        arrays = with_prefix("agent", self.agent.get_state())
        if self.evaluation is not None:
            arrays["evaluation_returns"], arrays["evaluation_turns"] = (
                self.evaluation.returns,
                self.evaluation.turns,
            )
            if self.evaluation.scores is not None:
                arrays["evaluation_scores"] = self.evaluation.scores
        return facts, arrays

    def _save_resume(self) -> bool:
        """Write the state to resume from; says whether it could be written."""
        if not self.saver.save_resume(*self._resume_state()):
            return False
        self._resume_saved = time.monotonic()
        # Only now may checkpoints go: were they gone before, a kill would leave a run with neither the old nor the new.
        self._remove_old_checkpoints()
        there = self._checkpoint_numbers()
        self._loose_checkpoints = [number for number in self._loose_checkpoints if number in there]
        return True

    def _checkpoint_numbers(self) -> Set[int]:
        return {number for number, _ in self.run.checkpoints()}

    def _start_from(self, policy: SavedPolicy) -> None:
        """Go on with the weights of a policy, and with an empty memory."""
        self.agent.start_from(policy.arrays)
        self.episode, self.turns = policy.facts["episode"], policy.facts["turns"]
        self._next_evaluation += self.turns
        try:
            self.best_return = read_policy(self.run, "best")[1].facts.get("evaluation")
        except (RunNotFoundError, CheckpointError):
            pass  # there is none worth keeping

    def _restore(self, facts: Dict[str, Any], arrays: Dict[str, np.ndarray]) -> None:
        self.agent.set_state(under_prefix("agent", arrays))
        self.agent.learning_rate = facts["learning_rate"]
        self.episode, self.turns, self.seconds = facts["episode"], facts["turns"], facts["seconds"]
        self.best_return, self._next_evaluation = facts["best_return"], facts["next_evaluation"]
        self._evaluated_return = facts["evaluated_return"]
        self._since_checkpoint = [Episode(*episode) for episode in facts["since_checkpoint"]]
        self._loose_checkpoints = facts["loose_checkpoints"]
        self.saver.take_up(facts)
        if "evaluation_returns" in arrays:
            self.evaluation = Evaluation(
                arrays["evaluation_returns"], arrays["evaluation_turns"], arrays.get("evaluation_scores")
            )
        set_random_state(facts["random"], self.rng)

    def _metrics_row(self) -> Dict[str, Any]:
        """The row of metrics.csv for the games since the last checkpoint."""
        episodes = self._since_checkpoint
        losses = [episode.mean_loss for episode in episodes if episode.mean_loss is not None]
        return {
            "episode": self.episode,
            "turns": self.turns,
            "seconds": round(self.seconds, 2),
            "mean_return": float(np.mean([episode.episode_return for episode in episodes])),
            "mean_length": float(np.mean([episode.turns for episode in episodes])),
            "loss": float(np.mean(losses)) if losses else None,
            "epsilon": self.epsilon,
            "learning_rate": self.agent.learning_rate,
            "eval_return": self._evaluated_return,
        }

    def _log_details(self, row: Dict[str, Any]) -> str:
        return f"  greedy={row['eval_return']:+.1f}" if row["eval_return"] is not None else ""

    def _log_checkpoint(self) -> Dict[str, Any]:
        row = self._metrics_row()
        loss = f"{row['loss']:.4g}" if row["loss"] is not None else "-"
        first = self.episode - len(self._since_checkpoint) + 1
        line = (
            f"[ep_{self.episode:04d}]  ep={first:04d}-{self.episode:04d}"
            f"  avg_reward={row['mean_return']:+.1f}  avg_steps={row['mean_length']:.0f}  epsilon={row['epsilon']:.3f}"
            f"  avg_loss={loss}{self._log_details(row)}  turns={self.turns}  total={self.seconds:.0f}s"
        )
        self.saver.add_lines(row, line)
        return row

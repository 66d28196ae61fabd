"""One agent that learns one game; and its greedy games at regular intervals, of which the best policy is kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Callable

import numpy as np

from retro_gamer.agents import Agent, make_agent
from retro_gamer.agents.agent import under_prefix, with_prefix
from retro_gamer.config.settings import TrainingSettings
from retro_gamer.environment.base import Environment
from retro_gamer.environment.make import discover_characters, make_environment
from retro_gamer.environment.observation import ObservationShape
from retro_gamer.environment.vocabulary import Vocabulary
from retro_gamer.errors import CheckpointError, ObservationError, RunNotFoundError
from retro_gamer.hosting.randomness import get_random_state, seed_everything, set_random_state, stream_of_agents
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.runs.policy_description import PolicyDescription, check_same
from retro_gamer.runs.policy_file import SavedPolicy, build_policy, check_resume, read_policy, reading
from retro_gamer.training.evaluation import FIRST_TRAINING_EVALUATION_SEED, Evaluation, evaluate
from retro_gamer.training.learning import Learning, SavePolicy, epsilon_at, learning_rate_at
from retro_gamer.training.limits import Limits
from retro_gamer.training.loop import Episode, play_episode
from retro_gamer.training.resumable import EvaluatedProgress


class GreedyEvaluations:
    """Greedy games on fixed seeds of their own."""

    def __init__(self, environment: Environment, settings: TrainingSettings, progress: EvaluatedProgress):
        self._environment, self._settings, self._progress = environment, settings, progress
        self.newest: Evaluation | None = None

    def is_due(self, last: bool) -> bool:
        """Whether one is due after a game; `last` is the last of the training."""
        return bool(self._settings.evaluate_every) and (last or self._progress.turns >= self._progress.next_evaluation)

    def make(self, agent: Agent, limits: Limits) -> bool:
        """Play the games; returns whether the agent is the best so far. After EvaluationStopped all is as before."""
        every, games, progress = (self._settings.evaluate_every, self._settings.evaluation_games, self._progress)

        def count(done: int) -> None:
            limits.pulse.next_game(f"measuring greedy game {done + 1} of {games}")

        limits.pulse.begin(f"measuring greedy game 1 of {games}")
        self.newest = evaluate(
            self._environment,
            agent,
            games,
            FIRST_TRAINING_EVALUATION_SEED,
            stopping=limits.no_time_to_measure,
            on_game=count,
            on_turn=limits.pulse.turn,
        )
        if progress.turns >= progress.next_evaluation:
            progress.next_evaluation = progress.turns - progress.turns % every + every
        progress.evaluated_return = self.newest.mean
        if progress.best_return is not None and self.newest.mean <= progress.best_return:
            return False
        progress.best_return = self.newest.mean
        return True

    def get_state(self) -> dict[str, np.ndarray]:
        """The newest one, for resume.npz: `evaluation_returns` and so on, each [games]; nothing when there is none."""
        if self.newest is None:
            return {}
        arrays = {"evaluation_returns": self.newest.returns, "evaluation_turns": self.newest.turns}
        if self.newest.scores is not None:
            arrays["evaluation_scores"] = self.newest.scores
        return arrays

    def set_state(self, arrays: dict[str, np.ndarray]) -> None:
        if "evaluation_returns" in arrays:
            returns, turns = arrays["evaluation_returns"], arrays["evaluation_turns"]
            self.newest = Evaluation(returns, turns, arrays.get("evaluation_scores"))


class SingleAgent(Learning):
    """What is learned is the policy of one agent, which is evaluated now and then."""

    progress: EvaluatedProgress

    def __init__(self, run: RunDirectory, factory: Callable[[], Any] | None = None):
        self.run, self.config = run, run.load_config()
        training = self.config.training
        seed_everything(training.seed)
        self.rng = stream_of_agents(training.seed)
        self.progress = EvaluatedProgress(next_evaluation=training.evaluate_every)
        resume, saved = run.load_resume(), None
        known: PolicyDescription | None = None
        if resume is not None:
            known = check_resume(resume, run)
            self.progress.check(resume.facts, run)
        elif run.checkpoints():  # the state was not passed on, or never written: go on from the newest policy
            path, saved = read_policy(run)
            build_policy(saved, path)  # finds out whether its weights can be used
            known = saved.description
        self._make_environments(known, factory)
        self._agent = make_agent(
            self.config,
            self._shape_to_begin_with(known),
            len(self.environment.actions),
            self.rng,
            convolutions=self._convolutions,
            feature_type=self.environment.feature_type,
            encoder=getattr(self.environment, "encoder", None),
        )
        if resume is not None:
            with reading(run):
                self._recall(resume.facts, resume.arrays)
        else:
            seed_everything(training.seed)
            if saved is not None:
                self._start_from(saved)

    def _make_environments(self, known: PolicyDescription | None, factory: Callable[[], Any] | None) -> None:
        # A network that came from elsewhere keeps its form.
        self._convolutions = known.convolutions if known is not None else None
        # Characters keep the numbers they had; what config.toml adds comes after them.
        characters = [*(known.characters if known is not None else ()), *self.config.metadata.character_set]
        self.vocabulary = Vocabulary(characters, grows=True)
        if known is not None:
            self.vocabulary.make_room(known.n_symbols)
        self.environment = make_environment(self.config, self.vocabulary, factory)
        self.evaluation_environment = make_environment(self.config, self.vocabulary, factory)
        training = self.config.training
        self._evaluations = GreedyEvaluations(self.evaluation_environment, training, self.progress)

    def _shape_to_begin_with(self, known: PolicyDescription | None) -> ObservationShape:
        """The sizes that the agent is made for; raises ConfigError when what is `known` fits the game no longer."""
        if known is None:
            metadata, training = self.config.metadata, self.config.training
            nothing_to_find = metadata.character_set or metadata.observation_function
            turns = 0 if nothing_to_find else training.exploration_turns
            discover_characters(self.environment, turns, training.seed)
            return self.environment.shape
        try:
            self.environment.reset()
        except ObservationError:  # the settings and the game do not fit: does a changed setting say why?
            now = replace(self._describe(), n_features=known.n_features)
            check_same(known.difference(now), self.run)
            raise
        check_same(known.difference(self._describe()), self.run)
        shape = self.environment.shape
        if known.n_symbols < shape.n_symbols:  # config.toml added characters: the agent, too, will grow
            shape = shape._replace(n_cells=known.n_cells, n_symbols=known.n_symbols)
        return shape

    def _start_from(self, saved: SavedPolicy) -> None:
        """Go on with the weights of a policy, and with an empty memory."""
        self._agent.start_from(saved.arrays)
        progress = self.progress
        progress.episode, progress.turns = saved.facts["episode"], saved.facts["turns"]
        progress.next_evaluation += progress.turns
        try:
            progress.best_return = read_policy(self.run, "best")[1].facts.get("evaluation")
        except (RunNotFoundError, CheckpointError):
            pass  # there is none worth keeping

    # What the trainer asks for

    @property
    def agent(self) -> Agent:
        return self._agent

    @property
    def epsilon(self) -> float:
        return epsilon_at(self.config.training, self.progress.turns, self.progress.episode)

    @property
    def evaluation(self) -> Evaluation | None:
        return self._evaluations.newest

    def play(self, limits: Limits) -> Episode:
        progress = self.progress
        self.agent.learning_rate = learning_rate_at(self.config.training, progress.turns, progress.episode)
        return play_episode(self.environment, self.agent, self._epsilon_of_turn(), cut_short=limits.cut_short)

    def _epsilon_of_turn(self) -> Callable[[], float]:
        """The exploration rate before each turn of the game about to be played."""
        training, turn, episode = self.config.training, self.progress.turns, self.progress.episode
        if turn >= training.epsilon_decay_turns:  # it falls no further, or not from turn to turn
            constant = epsilon_at(training, turn, episode)
            return lambda: constant

        def epsilon() -> float:
            nonlocal turn
            turn += 1
            return epsilon_at(training, turn - 1, episode)

        return epsilon

    def between_games(self, last: bool, limits: Limits, save: SavePolicy) -> None:
        """Evaluate, if that is due, and keep the policy if it is the best so far."""
        if self._evaluations.is_due(last) and self._evaluations.make(self.agent, limits):
            save(self.run, self.run.best_path, self._policy_facts(), self.agent.get_policy())

    def checkpoint_is_due(self, last: bool) -> bool:
        return last or self.progress.episode % self.config.training.checkpoint_every == 0

    def save_policy(self, save: SavePolicy) -> None:
        path = self.run.checkpoint_path(self.progress.episode)
        save(self.run, path, self._policy_facts(), self.agent.get_policy())

    def after_checkpoint(self) -> None:
        self.progress.evaluated_return = None

    def runs(self) -> list[RunDirectory]:
        return [self.run]

    def remove_old_checkpoints(self) -> None:
        training, loose = self.config.training, self.progress.loose_checkpoints
        self.run.thin_checkpoints(training.keep_checkpoints, training.checkpoint_every, loose)

    def remember(self) -> dict[str, np.ndarray]:
        self.progress.learning_rate = self.agent.learning_rate
        self.progress.random = get_random_state(self.rng)
        return {**with_prefix("agent", self.agent.get_state()), **self._evaluations.get_state()}

    def _recall(self, facts: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        self.progress.take_over(facts)
        self.agent.set_state(under_prefix("agent", arrays))
        self.agent.learning_rate = self.progress.learning_rate
        self._evaluations.set_state(arrays)
        set_random_state(self.progress.random, self.rng)

    def facts(self) -> dict[str, Any]:
        return {"policy": self._describe().to_json()}

    def _describe(self) -> PolicyDescription:
        return PolicyDescription.of(self.config, self.environment, self.vocabulary, convolutions=self._convolutions)

    def _policy_facts(self) -> dict[str, Any]:
        return {
            **self._describe().to_json(),
            "episode": self.progress.episode,
            "turns": self.progress.turns,
            "evaluation": self.evaluation.mean if self.evaluation is not None else None,
        }

    def notices(self) -> list[str]:
        return [*self.agent.notices(), *self.environment.notices()]

    def columns(self) -> dict[str, Any]:
        return {"eval_return": self.progress.evaluated_return}

    def details(self) -> str:
        evaluated = self.progress.evaluated_return
        return f"  greedy={evaluated:+.1f}" if evaluated is not None else ""

"""Trains an agent in a run directory: loads, learns, evaluates, saves, stops and goes on."""
from __future__ import annotations

import time
from typing import Any, Callable, Dict, List, NamedTuple, Optional

import numpy as np

from retro_gamer.agents import make_agent
from retro_gamer.agents.agent import under_prefix, with_prefix
from retro_gamer.environment.game import seed_everything
from retro_gamer.environment.vocabulary import Vocabulary
from retro_gamer.errors import RetroGamerError
from retro_gamer.policy_file import check_facts
from retro_gamer.rundir import Checkpoint, RunDirectory, load_checkpoint
from retro_gamer.training.compatibility import check_compatible, describe_policy
from retro_gamer.training.evaluation import FIRST_TRAINING_EVALUATION_SEED, Evaluation, evaluate
from retro_gamer.training.loop import Episode, play_episode
from retro_gamer.training.randomness import get_random_state, set_random_state
from retro_gamer.training.schedules import epsilon_at, learning_rate_at
from retro_gamer.training.setup import discover_characters, make_environment

# The whole state is large: between two of them a few checkpoints may pass. Whoever is killed in between goes on from
# the last one, and makes the same checkpoints again.
SECONDS_BETWEEN_RESUME_STATES = 20.0


class Status(NamedTuple):
    """Where a training stands, for whoever shows it."""

    episode: int
    turns: int
    goal_episodes: int
    goal_turns: int  # 0: no such goal
    last: Episode
    epsilon: float
    evaluation: Optional[Evaluation]  # the newest


class Trainer:
    """One training run. Everything that changes while training is saved in `resume.npz` and restored from it.

    `stop()` may be called at any time, from a signal handler too: the game being played is finished, everything
    is saved, and `train` returns.
    """

    def __init__(self, run: RunDirectory, factory: Optional[Callable[[], Any]] = None):
        self.run, self.config = run, run.load_config()
        training = self.config.training
        resume = run.load_resume()
        policy = self._newest_policy() if resume is None else None
        known = resume.facts["policy"] if resume is not None else policy.facts if policy is not None else None
        # Characters keep the numbers they had; what config.toml adds comes after them.
        characters = [*(known["characters"] if known is not None else ()), *self.config.metadata.character_set]
        self.vocabulary = Vocabulary(characters, grows=True)
        seed_everything(training.seed)
        # A stream of its own: what the agent draws does not depend on what the games draw.
        self.rng = np.random.default_rng(np.random.SeedSequence(training.seed).spawn(1)[0])
        self.environment = make_environment(self.config, self.vocabulary, factory)
        self.evaluation_environment = make_environment(self.config, self.vocabulary, factory)
        if known is None:
            exploration = training.exploration_turns if not self.config.metadata.character_set else 0
            discover_characters(self.environment, exploration, training.seed)
        else:
            self.environment.reset()
        self.agent = make_agent(self.config, self.environment.shape, len(self.environment.actions), self.rng)
        self.episode = self.turns = 0
        self.seconds = 0.0
        self.best_return: Optional[float] = None
        self.evaluation: Optional[Evaluation] = None
        self._next_evaluation = training.evaluate_every
        self._since_checkpoint: List[Episode] = []
        self._evaluated_return: Optional[float] = None  # since the last checkpoint
        self._loose_checkpoint = 0  # a checkpoint made by a stop in between, to be replaced by the next
        self._resume_saved = float("-inf")
        self.stopping = False  # whether someone asked for a stop
        if resume is not None:
            self._restore(resume.facts, resume.arrays)
        else:
            seed_everything(training.seed)
            if policy is not None:
                self._start_from(policy)

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
        """Whether the configured number of games or turns has been reached."""
        training = self.config.training
        return self.episode >= training.training_episodes or 0 < training.training_turns <= self.turns

    def train(self, episodes: Optional[int] = None, minutes: Optional[float] = None,
              on_episode: Callable[[Status], None] = lambda status: None,
              on_checkpoint: Callable[[Dict[str, Any]], None] = lambda row: None,
              on_notice: Callable[[str], None] = lambda text: None) -> None:
        """Train to the configured goal, or for `episodes` more games, or until so many minutes have passed."""
        training = self.config.training
        goal = self.episode + episodes if episodes is not None else training.training_episodes
        goal_turns = training.training_turns if episodes is None else 0
        deadline = time.monotonic() + 60 * minutes if minutes is not None else float("inf")
        started, seconds_before = time.perf_counter(), self.seconds
        while not self.stopping and self.episode < goal and not 0 < goal_turns <= self.turns:
            if time.monotonic() >= deadline:
                break
            self.agent.learning_rate = learning_rate_at(training, self.turns, self.episode)
            try:
                episode = play_episode(self.environment, self.agent, self._epsilon_of_turn())
            except RetroGamerError as error:
                self.seconds = seconds_before + time.perf_counter() - started
                self._save_in_between()
                raise type(error)(f"{error}\n(Game {self.episode + 1} of the training. What was learned before is saved.)"
                                  ) from error
            self.episode += 1
            self.turns += episode.turns
            self.seconds = seconds_before + time.perf_counter() - started
            self._since_checkpoint.append(episode)
            self._evaluate_if_due()
            for notice in self.agent.notices():
                on_notice(notice)
            on_episode(Status(self.episode, self.turns, goal, goal_turns, episode, self.epsilon, self.evaluation))
            if self.episode % training.checkpoint_every == 0:
                on_checkpoint(self._checkpoint())
        reached = self.episode >= goal or 0 < goal_turns <= self.turns
        if self._since_checkpoint and not reached:
            self._save_in_between()
            return
        if self._since_checkpoint:
            self._evaluate()
            on_checkpoint(self._checkpoint())
        self._save_resume()

    def _epsilon_of_turn(self) -> Callable[[], float]:
        """The exploration rate before each turn of the game about to be played."""
        training, turn, episode = self.config.training, self.turns - 1, self.episode
        if not training.epsilon_decay_turns:
            constant = epsilon_at(training, turn, episode)
            return lambda: constant

        def epsilon() -> float:
            nonlocal turn
            turn += 1
            return epsilon_at(training, turn, episode)
        return epsilon

    # Evaluation

    def _evaluate_if_due(self) -> None:
        every = self.config.training.evaluate_every
        if every and self.turns >= self._next_evaluation:
            self._next_evaluation = self.turns - self.turns % every + every
            self._evaluate()

    def _evaluate(self) -> None:
        """Play greedily on fixed seeds of their own, and keep the policy if it is the best so far."""
        if not self.config.training.evaluate_every:
            return
        self.evaluation = evaluate(self.evaluation_environment, self.agent, self.config.training.evaluation_games,
                                   FIRST_TRAINING_EVALUATION_SEED)
        self._evaluated_return = self.evaluation.mean
        if self.best_return is None or self.evaluation.mean > self.best_return:
            self.best_return = self.evaluation.mean
            self.run.save_policy(self.run.best_path, self._policy_facts(), self.agent.get_policy())

    # Saving

    def _checkpoint(self) -> Dict[str, Any]:
        """Save the policy, a line of the log, a row of the metrics, and the state to resume from; returns the row."""
        self._save_policy()
        row = self._log_checkpoint()
        self._since_checkpoint = []
        self._evaluated_return = None
        if self._loose_checkpoint and self._loose_checkpoint != self.episode:
            loose = self.run.checkpoint_path(self._loose_checkpoint)
            if loose.is_file():
                loose.unlink()
        self._loose_checkpoint = 0
        if time.monotonic() - self._resume_saved >= SECONDS_BETWEEN_RESUME_STATES:
            self._save_resume()
        return row

    def _save_in_between(self) -> None:
        """Save on a stop between two checkpoints: the next one will be as if there had been no stop."""
        if self.episode:
            self._save_policy()
            if self._since_checkpoint:
                self._loose_checkpoint = self.episode
        self._save_resume()

    def _save_policy(self) -> None:
        self.run.save_policy(self.run.checkpoint_path(self.episode), self._policy_facts(), self.agent.get_policy())

    def _policy_facts(self) -> Dict[str, Any]:
        facts = describe_policy(self.config, self.environment, self.vocabulary)
        facts.update(episode=self.episode, turns=self.turns,
                     evaluation=self.evaluation.mean if self.evaluation is not None else None)
        return facts

    def _save_resume(self) -> None:
        facts = {
            "policy": describe_policy(self.config, self.environment, self.vocabulary),
            "episode": self.episode, "turns": self.turns, "seconds": self.seconds, "best_return": self.best_return,
            "next_evaluation": self._next_evaluation, "evaluated_return": self._evaluated_return,
            "since_checkpoint": [list(episode) for episode in self._since_checkpoint],
            "loose_checkpoint": self._loose_checkpoint, "random": get_random_state(self.rng),
        }
        arrays = with_prefix("agent", self.agent.get_state())
        if self.evaluation is not None:
            arrays["evaluation_returns"], arrays["evaluation_turns"] = self.evaluation.returns, self.evaluation.turns
            if self.evaluation.scores is not None:
                arrays["evaluation_scores"] = self.evaluation.scores
        self.run.save_resume(facts, arrays)
        self._resume_saved = time.monotonic()

    def _newest_policy(self) -> Optional[Checkpoint]:
        """The newest checkpoint, for a run whose resume.npz is missing: it was not passed on, or never written."""
        if not self.run.checkpoints():
            return None
        path = self.run.find_checkpoint()
        policy = load_checkpoint(path)
        check_facts(policy.facts, path)
        return policy

    def _start_from(self, policy: Checkpoint) -> None:
        """Go on with the weights of a policy, and with an empty memory."""
        check_compatible(policy.facts, describe_policy(self.config, self.environment, self.vocabulary), self.run)
        self.agent.start_from(policy.arrays)
        self.episode, self.turns = policy.facts["episode"], policy.facts["turns"]
        self._next_evaluation += self.turns
        self.run.forget_after(self.episode)

    def _restore(self, facts: Dict[str, Any], arrays: Dict[str, np.ndarray]) -> None:
        check_compatible(facts["policy"], describe_policy(self.config, self.environment, self.vocabulary), self.run)
        self.agent.set_state(under_prefix("agent", arrays))
        self.episode, self.turns, self.seconds = facts["episode"], facts["turns"], facts["seconds"]
        self.best_return, self._next_evaluation = facts["best_return"], facts["next_evaluation"]
        self._evaluated_return = facts["evaluated_return"]
        self._since_checkpoint = [Episode(*episode) for episode in facts["since_checkpoint"]]
        self._loose_checkpoint = facts["loose_checkpoint"]
        if "evaluation_returns" in arrays:
            self.evaluation = Evaluation(arrays["evaluation_returns"], arrays["evaluation_turns"],
                                         arrays.get("evaluation_scores"))
        self.run.forget_after(self.episode)
        set_random_state(facts["random"], self.rng)

    def _log_checkpoint(self) -> Dict[str, Any]:
        episodes = self._since_checkpoint
        losses = [episode.mean_loss for episode in episodes if episode.mean_loss is not None]
        row = {
            "episode": self.episode, "turns": self.turns, "seconds": round(self.seconds, 2),
            "mean_return": float(np.mean([episode.episode_return for episode in episodes])),
            "mean_length": float(np.mean([episode.turns for episode in episodes])),
            "loss": float(np.mean(losses)) if losses else None, "epsilon": self.epsilon,
            "learning_rate": self.agent.learning_rate, "eval_return": self._evaluated_return,
        }
        self.run.add_metrics(row)
        evaluated = f"  greedy={self._evaluated_return:+.1f}" if self._evaluated_return is not None else ""
        loss = f"{row['loss']:.4g}" if losses else "-"
        self.run.log(
            f"[ep_{self.episode:04d}]  ep={self.episode - len(episodes) + 1:04d}-{self.episode:04d}"
            f"  avg_reward={row['mean_return']:+.1f}  avg_steps={row['mean_length']:.0f}  epsilon={self.epsilon:.3f}"
            f"  avg_loss={loss}{evaluated}  turns={self.turns}  total={self.seconds:.0f}s")
        return row

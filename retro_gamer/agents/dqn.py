"""Deep Q-learning (Mnih et al. 2015), with Double DQN, n-step returns, prioritized replay, and dueling heads."""

from __future__ import annotations

import math
from contextlib import contextmanager
from typing import Any, Iterator, Sequence

import numpy as np

from retro_gamer.agents.agent import Agent, Transition, under_prefix, with_prefix
from retro_gamer.agents.greedy import GreedyNetwork
from retro_gamer.agents.scales import EndPenalty, FeatureScale, RewardScale
from retro_gamer.config.settings import ModelSettings, TrainingSettings
from retro_gamer.environment.observation import Observation, ObservationShape
from retro_gamer.environment.symmetry import Symmetry
from retro_gamer.errors import TrainingDivergedError
from retro_gamer.nn import Adam, QNetwork, clip_by_global_norm, huber
from retro_gamer.nn.sparse import Convolution
from retro_gamer.nn.threads import one_blas_thread
from retro_gamer.replay import Batch, ReplayMemory

MAX_GRADIENT_NORM = 10.0

# After so many learning steps the average takes in the newest weights: after each one, it would cost 2% of a training.
AVERAGE_EVERY = 32

# With a symmetry, the share that is turned at first. It falls to 0 over training_turns: by then all sides were seen.
TURNED = 0.5

# The batches of learning steps that are made together are drawn together: at most this many, and this many transitions.
BATCHES_AT_A_TIME, DRAWS_AT_A_TIME = 8, 512


def td_targets(
    reward_sums: np.ndarray, discounts: np.ndarray, next_q_target: np.ndarray, next_q_online: np.ndarray | None
) -> np.ndarray:
    """What Q(s, a) should have been, [batch]; for reward_sums and discounts [batch], next_q_* [batch, n_actions].

    DQN takes the target network's best value for s'; Double DQN (van Hasselt et al. 2016, equation 4) lets the
    online network choose the action and the target network say what it is worth:

        y = R + discount * Q_target(s', argmax over a of Q_online(s', a))
    """
    chooser = next_q_target if next_q_online is None else next_q_online
    best = chooser.argmax(axis=1)
    targets: np.ndarray = reward_sums + discounts * next_q_target[np.arange(len(best)), best]
    return targets


class DQNAgent(Agent):
    """Learns Q(s, a) with a network, from a memory of what happened.

    After every `train_every` turns come `gradient_steps` learning steps; every `target_update_freq` turns the target
    network takes over the weights of the online one. What is saved and evaluated plays by the average of the online
    weights over about the last `average_steps` learning steps, or the last quarter of all (Polyak & Juditsky 1992), or by
    the newest if that is 0: a single step may spoil the order of two nearly equal actions.

    `spatial` looks at the board through convolutions (the usual ones, or those given); features are remembered as
    `feature_type`. With a `symmetry` some of what is drawn from the memory is learned from as in a mirror, or turned.
    """

    def __init__(
        self,
        shape: ObservationShape,
        n_actions: int,
        model: ModelSettings,
        training: TrainingSettings,
        rng: np.random.Generator,
        *,
        spatial: bool = False,
        convolutions: Sequence[Convolution] | None = None,
        feature_type: str = "float32",
        repeat_penalty: float = 0.0,
        turn_based: bool = False,
        symmetry: Symmetry | None = None,
    ):
        self.n_actions, self.rng, self.n_symbols = n_actions, rng, shape.n_symbols
        self.turn_based, self.symmetry = turn_based, symmetry
        self._training_turns = training.training_turns or math.inf
        self.batch_size, self.double = training.batch_size, training.double
        self.train_every, self.gradient_steps = self._configured = (training.train_every, training.gradient_steps)
        self.learning_starts = max(training.learning_starts, self.batch_size)
        self.target_update_period = training.target_update_freq
        self._batches_at_a_time = max(1, min(BATCHES_AT_A_TIME, DRAWS_AT_A_TIME // self.batch_size))
        self._rows = np.arange(self.batch_size)
        self.turns = 0

        def network(rng: np.random.Generator) -> QNetwork:
            return QNetwork(
                **shape._asdict(),
                hidden_sizes=model.hidden_sizes,
                n_actions=n_actions,
                spatial=spatial,
                dueling=model.dueling,
                convolutions=convolutions,
                rng=rng,
            )

        self.online, self.target = network(rng), network(rng)
        self.target.copy_from(self.online)
        self.average_steps = training.average_steps
        self.average: QNetwork | None = None
        if self.average_steps:
            self.average = network(np.random.default_rng(0))  # what it draws is overwritten
            self.average.copy_from(self.online)
        self.optimizer = Adam(self.online.parameters, training.learning_rate)
        self.end_penalty = EndPenalty(training.end_penalty_limit)
        self.scale, self.feature_scale = RewardScale(training.reward_scale), FeatureScale(shape.n_features)
        self.greedy = self.newest = self.saved = GreedyNetwork(
            self.online, self.scale, self.feature_scale, repeat_penalty, turn_based
        )
        if self.average is not None:
            self.saved = GreedyNetwork(self.average, self.scale, self.feature_scale, repeat_penalty, turn_based)
        self.replay = ReplayMemory(
            training.memory_capacity,
            shape.n_cells,
            shape.n_features,
            n_step=training.n_step,
            gamma=training.gamma,
            rng=rng,
            prioritized=training.prioritize_experiences,
            alpha=training.priority_alpha,
            beta=training.priority_beta,
            smallest=training.priority_min,
            feature_type=feature_type,
        )

    @property
    def learning_rate(self) -> float:
        return self.optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        self.optimizer.learning_rate = value

    def q_values(self, observation: Observation) -> np.ndarray:
        return self.greedy.q_values(observation)

    def act(self, observation: Observation, epsilon: float) -> int:
        if epsilon > 0 and self.rng.random() < epsilon:
            self.greedy.repetition.did_something_else()
            return int(self.rng.integers(self.n_actions))
        return self.greedy.act(observation)

    def begin_episode(self, environment: Any = None) -> None:
        super().begin_episode(environment)
        self.greedy.begin_episode()

    def got(self, reward: float) -> None:
        self._make_room()
        self.greedy.repetition.got(reward)

    def learn(self, transition: Transition) -> float | None:
        counts = self.end_penalty.counted(transition.reward, transition.terminated)
        if counts != transition.reward:
            transition = transition._replace(reward=counts)
        self.replay.add(*(self._with_cost(transition) if self.turn_based else transition))
        self.scale.add(transition.reward)
        self.turns += 1
        if len(self.replay) < self.learning_starts:
            return None
        if self.turns % self.target_update_period == 0 or self.optimizer.t == 0:
            self._update_target()
        if self.turns % self.train_every:
            return None
        return self._learning_steps(self.gradient_steps) / self.gradient_steps

    def _with_cost(self, transition: Transition) -> Transition:
        """In a turn-based game a turn that changed nothing costs as much as a usual reward brings, if it brought none.

        Otherwise it would be worth gamma times as much as the best action: nearly the same, and when losing, more.
        """
        if transition.reward > 0 or transition.terminated:
            return transition
        if transition.observation.to_bytes() != transition.next_observation.to_bytes():
            return transition
        return transition._replace(reward=transition.reward - self.scale.usual)

    def _update_target(self) -> None:
        """Let the target network catch up, and the scales follow the rewards and what is seen."""
        self.feature_scale.update(self.replay.newest_features(self.target_update_period))
        factor = self.scale.update()
        if factor != 1.0:
            self.online.scale_output(factor)
            if self.average is not None:
                self.average.scale_output(factor)
        self.target.copy_from(self.online)

    @one_blas_thread
    def _learning_steps(self, n_steps: int) -> float:
        """Steps of gradient descent, one after the other; returns the sum of their losses."""
        losses = 0.0
        for start in range(0, n_steps, self._batches_at_a_time):
            losses += self._steps_drawn_together(min(self._batches_at_a_time, n_steps - start))
        if self.average is not None:
            self._average(n_steps)
        return losses

    def _average(self, n_steps: int) -> None:
        """Let the average follow after so many learning steps.

        It is over about the last `average_steps`, or the last quarter of all once that is more; in the beginning over all.
        """
        assert self.average is not None
        t = self.optimizer.t
        if t % AVERAGE_EVERY < n_steps or t < AVERAGE_EVERY:
            new = max(n_steps, AVERAGE_EVERY)
            self.average.follow(self.online, min(1.0, new / min(t, max(self.average_steps, t // 4))))

    def _steps_drawn_together(self, n_steps: int) -> float:
        """Draw the batches of some steps, make the steps, then set the new priorities; returns the sum of the losses."""
        losses, indices, td_errors = 0.0, [], []
        share = TURNED * max(0.0, 1.0 - self.turns / self._training_turns)
        for batch in self.replay.sample_batches(self.batch_size, n_steps):
            if self.symmetry is not None and share:
                boards, actions = self.symmetry.turned(batch.boards, batch.actions, self.rng, share)
                batch = batch._replace(boards=boards, actions=actions)
            loss, errors = self._learning_step(batch)
            losses += loss
            indices.append(batch.indices)
            td_errors.append(errors)
        self.replay.update_priorities(np.concatenate(indices), np.concatenate(td_errors))
        return losses

    def _learning_step(self, batch: Batch) -> tuple[float, np.ndarray]:
        """One step of gradient descent on the loss of a batch; returns the loss and the TD errors [batch]."""
        n, rows = self.batch_size, self._rows
        # The observations of a batch are first all s, then all s': one pass through the online network serves both.
        seen = self.online.encode(batch.boards, self.feature_scale.apply(batch.features))
        next_q_target = self.target.forward(seen.after(n))  # [batch, n_actions]
        q = self.online.forward(seen if self.double else seen.first(n))  # [batch or 2 batch, n_actions]
        targets = td_targets(
            batch.reward_sums * np.float32(self.scale.value), batch.discounts, next_q_target, q[n:] if self.double else None
        )
        td_errors = targets - q[rows, batch.actions]
        loss, gradient_of_chosen = huber(td_errors, batch.weights)
        self._check_finite(loss)
        gradient = np.zeros((n, self.n_actions), np.float32)  # dL/dQ(s, .)
        gradient[rows, batch.actions] = gradient_of_chosen  # the actions not taken have nothing to learn
        self.online.backward(gradient)
        clip_by_global_norm(self.online.parameters, MAX_GRADIENT_NORM)
        self.optimizer.step()
        return loss, td_errors

    def _check_finite(self, loss: float) -> None:
        if not math.isfinite(loss):
            raise TrainingDivergedError(
                "The training diverged: the network's values have grown beyond all numbers. What was saved before is "
                f"intact. Try a smaller learning_rate (now {self.learning_rate:g}), or go on from an earlier checkpoint: "
                "delete resume.npz and the checkpoints after it."
            )

    def end_episode(self) -> None:
        self.replay.end_episode()

    def grow(self, shape: ObservationShape) -> None:
        super().grow(shape)
        before = self.online
        self.online = self.newest.network = before.grow(shape.n_cells, shape.n_symbols, self.rng)
        self.target = self.target.grow(shape.n_cells, shape.n_symbols, self.rng)
        self.target.copy_from(self.online)
        if self.average is not None:
            self.average = self.saved.network = self.average.grow(shape.n_cells, shape.n_symbols, None)
        self.replay.widen_cells(shape.n_cells)
        old, self.optimizer = self.optimizer, Adam(self.online.parameters, self.optimizer.learning_rate)
        self.optimizer.t = old.t
        for new_moments, old_moments in ((self.optimizer.sums, old.sums), (self.optimizer.square_sums, old.square_sums)):
            # Adam's memory has the shape of the parameters: let a network carry it into the new shape.
            for parameter, moment in zip(before.parameters, old_moments):
                parameter.value[...] = moment
            carried = before.grow(shape.n_cells, shape.n_symbols, None)
            for moment, parameter in zip(new_moments, carried.parameters):
                moment[...] = parameter.value

    @contextmanager
    def as_saved(self) -> Iterator[None]:
        self.greedy = self.saved
        try:
            yield
        finally:
            self.greedy = self.newest

    def get_policy(self) -> dict[str, np.ndarray]:
        """network/... (see `QNetwork.get_state`), `scale` () of the rewards, and what features are scaled by."""
        return self.saved.get_policy()

    def set_policy(self, policy: dict[str, np.ndarray]) -> None:
        self.online.set_state(under_prefix("network", policy))
        if self.average is not None:
            self.average.copy_from(self.online)
        self.scale.value = float(policy["scale"])
        self.feature_scale.set_policy(policy)

    def start_from(self, policy: dict[str, np.ndarray]) -> None:
        super().start_from(policy)
        self.target.copy_from(self.online)

    def get_state(self) -> dict[str, np.ndarray]:
        """The policy, and target/..., optimizer/..., replay/..., reward_scale [3], turns (), rounds (): see each part.

        Where the policy is an average, online/... too; with a limit of end penalties, gains [2].
        """
        return {
            **self.get_policy(),
            **(with_prefix("online", self.online.get_state()) if self.average is not None else {}),
            **with_prefix("target", self.target.get_state()),
            **with_prefix("optimizer", self.optimizer.get_state()),
            **with_prefix("replay", self.replay.get_state()),
            **self.scale.get_state(),
            **self.end_penalty.get_state(),
            **self.feature_scale.get_state(),
            "turns": np.array(self.turns),
            "rounds": np.array(self.train_every // self._configured[0]),
        }

    def set_state(self, state: dict[str, np.ndarray]) -> None:
        self.set_policy(state)
        newest = under_prefix("online", state)
        if newest:  # else there was no average
            self.online.set_state(newest)
        self.target.set_state(under_prefix("target", state))
        self.optimizer.set_state(under_prefix("optimizer", state))
        self.replay.set_state(under_prefix("replay", state))
        if self.replay.boards.largest_symbol() >= self.n_symbols:
            raise ValueError("a remembered board shows a symbol that does not exist")
        if not ((0 <= self.replay.actions) & (self.replay.actions < self.n_actions)).all():
            raise ValueError("the memory holds an action that does not exist")
        self.scale.set_state(state)
        self.end_penalty.set_state(state)
        self.feature_scale.set_state(state)
        self.turns = int(state["turns"])
        # Once, train_every = 4 meant eight steps every 32 turns: a training that began so goes on so.
        as_before = max(1, self._batches_at_a_time // self._configured[1])
        rounds = int(state.get("rounds", as_before))
        if not 1 <= rounds <= BATCHES_AT_A_TIME:
            raise ValueError("the learning steps come in an impossible number of rounds")
        self.train_every, self.gradient_steps = (rounds * setting for setting in self._configured)

"""Q-learning by hand: a table of numbers that fills up, in thirty lines and without the library.

    python examples/table_by_hand/corridor.py

A corridor of six cells with a berry at the right end. The table is printed after 1, 2, 4, ... walks: watch how the value of
"right" travels from the berry to the front, a cell at a time.
"""

import random

CELLS, LEFT, RIGHT = 6, 0, 1
ALPHA, GAMMA, EPSILON = 0.5, 0.9, 0.2


def walk(table, rng):
    """One walk from the left end to the berry; learns from every step."""
    cell = 0
    while cell < CELLS - 1:
        q = table[cell]
        action = rng.randrange(2) if rng.random() < EPSILON or q[LEFT] == q[RIGHT] else q.index(max(q))
        there = max(0, cell - 1) if action == LEFT else cell + 1
        reward = 1.0 if there == CELLS - 1 else 0.0
        target = reward if there == CELLS - 1 else reward + GAMMA * max(table[there])
        q[action] += ALPHA * (target - q[action])  # Sutton and Barto, section 6.5
        cell = there


def main():
    table, rng = [[0.0, 0.0] for _ in range(CELLS - 1)], random.Random(0)
    for number in range(1, 65):
        walk(table, rng)
        if number & (number - 1) == 0:
            print(f"after {number:2} walks, value of right:", "  ".join(f"{q[RIGHT]:.2f}" for q in table))
    return table


if __name__ == "__main__":
    main()

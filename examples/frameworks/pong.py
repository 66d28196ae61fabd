"""Pong in pygame: you are on the left (arrow keys), what was trained is on the right.

retro-gamer create --game pong.py:Pong --output runs/pong
retro-gamer train runs/pong --minutes 1
python pong.py runs/pong
"""

import random
import sys


class Pong:
    """The rules, without a window. Places are from 0 to 1; a turn is a thirtieth of a second."""

    actions = ["up", "stay", "down"]
    HALF = 0.1  # of a bat's height
    SPEED = 0.025  # of a bat

    def reset(self, seed=None, options=None):
        self.random = random.Random(seed)
        self.left = self.right = 0.5
        self.returned = 0
        self.serve()
        return self.seen_from_the_right(), {}

    def serve(self):
        self.x, self.y = 0.5, self.random.random()
        self.dx, self.dy = 0.02, self.random.uniform(-0.03, 0.03)

    def seen_from_the_right(self):
        return [self.x, self.y, self.y - self.right, self.dx * 30, self.dy * 30]

    def move(self, bat, action):
        bat += {"up": -self.SPEED, "stay": 0, "down": self.SPEED}[action]
        return min(1 - self.HALF, max(self.HALF, bat))

    def turn(self, left, right):
        """Both bats and the ball move; returns "returned" (by the right), "left" or "right" (who scored), or ""."""
        self.left, self.right = self.move(self.left, left), self.move(self.right, right)
        self.x, self.y = self.x + self.dx, self.y + self.dy
        if not 0 <= self.y <= 1:
            self.y, self.dy = min(1, max(0, self.y)), -self.dy
        if 0 < self.x < 1:
            return ""
        bat = self.left if self.x <= 0 else self.right
        if abs(self.y - bat) > self.HALF + 0.02:
            return "right" if self.x <= 0 else "left"
        self.x, self.dx = min(1, max(0, self.x)), -self.dx
        self.dy = (self.y - bat) * 0.25 + self.random.uniform(-0.01, 0.01)
        return "returned" if self.x >= 1 else ""

    def step(self, action):
        """One turn of training: on the left is a wall that returns every ball."""
        self.left = self.y + self.random.uniform(-self.HALF, self.HALF)
        happened = self.turn("stay", action)
        self.returned += happened == "returned"
        reward = {"returned": 1, "left": -1}.get(happened, 0)
        return self.seen_from_the_right(), reward, happened == "left", self.returned == 20, {}


def main(run):
    import pygame

    from retro_gamer import TrainedPolicy

    ai, game, score = TrainedPolicy(run), Pong(), [0, 0]
    game.reset()
    pygame.init()
    window, font, clock = pygame.display.set_mode((640, 480)), pygame.font.Font(None, 48), pygame.time.Clock()
    while not any(event.type == pygame.QUIT for event in pygame.event.get()):
        keys = pygame.key.get_pressed()
        mine = "up" if keys[pygame.K_UP] else "down" if keys[pygame.K_DOWN] else "stay"
        happened = game.turn(mine, ai.predict(game.seen_from_the_right()))
        if happened in ("left", "right"):
            score[happened == "right"] += 1
            game.serve()
        window.fill("black")
        for x, bat in ((0, game.left), (630, game.right)):
            pygame.draw.rect(window, "white", (x, (bat - game.HALF) * 480, 10, game.HALF * 960))
        pygame.draw.circle(window, "yellow", (game.x * 640, game.y * 480), 8)
        window.blit(font.render(f"you {score[0]} : {score[1]} AI", True, "gray"), (230, 10))
        pygame.display.flip()
        clock.tick(30)
    pygame.quit()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "runs/pong")

"""What does each command do? One file a command: it speaks to people and holds no algorithm."""

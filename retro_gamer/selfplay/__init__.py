"""Self-play: teams that learn by playing against snapshots of each other.

The model is that of Unity ML-Agents (docs/Training-Self-Play.md there; Bansal et al. 2018, "Emergent complexity via
multi-agent competition"): one team learns at a time, all others follow fixed policies.
"""

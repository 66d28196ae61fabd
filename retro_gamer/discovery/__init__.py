"""What can be found out about a game?"""

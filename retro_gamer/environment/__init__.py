"""How does a game become numbers?"""

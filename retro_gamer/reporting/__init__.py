"""How is learning shown?"""

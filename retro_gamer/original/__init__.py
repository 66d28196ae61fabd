"""What is here only for users of the original, torch-based retro-gamer? Scripts and runs made for it work on."""

"""How is somebody else's code run? Loading it, saying which of its lines failed, and watching that it goes on."""

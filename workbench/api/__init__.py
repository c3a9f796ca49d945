"""The REST face and the guard around everything that is served."""

"""What tests stand on: databases that are there at once, and a wall against the outside world."""

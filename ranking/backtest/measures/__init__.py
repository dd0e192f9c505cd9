"""What lists were worth, from the answers of a replay."""

"""Quality of lists, from the predictions of a replay."""

"""What is easily done without an engine, to compare its lists with."""

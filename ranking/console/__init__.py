"""The console: what operators see and turn, as pages that talk to the API alone."""

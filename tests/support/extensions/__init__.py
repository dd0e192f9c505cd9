"""Extensions: a signal, a list, a kernel and a re-rank rule that are no part of the package."""

"""Labels: what an event says of the experiments that its reader takes part in.

A page names all of them with every event, `experiment="calm,meter.1"` and `arm="b,a"`, in one
order: a reader may be in an experiment of each layer. A label is an experiment's name, after the
first phase with the number of the phase that the reader's arm was told from, so that the log alone
says under which shares.
"""

MOST = 8
"""Experiments that one event may name; those beyond are not read."""


def split(experiment: str, arm: str) -> list[tuple[str, str]]:
    """Label and arm of each experiment that an event names, each label once.

    Examples
    --------
    >>> split("calm,meter.1", "b,a"), split("calm", ""), split("", "")
    ([('calm', 'b'), ('meter.1', 'a')], [('calm', '')], [])
    """
    arms = arm.split(",")
    found: dict[str, str] = {}
    for number, label in enumerate(experiment.split(",")[:MOST]):
        if label:
            found.setdefault(label, arms[number] if number < len(arms) else "")
    return list(found.items())

"""Settings that the cluster's commands share: each an option and an environment variable.

The README's table lists them, and a test compares the two.
"""

import click

from ranking.commands.settings import Setting

KAFKA = Setting("--kafka", "TOLQYN_KAFKA", click.STRING, "127.0.0.1:9092", "Kafka, HOST:PORT.")
REDIS = Setting("--redis", "TOLQYN_REDIS", click.STRING, "redis://127.0.0.1:6379/0", "Redis.")
NAMESPACE = Setting(
    "--namespace", "TOLQYN_NAMESPACE", click.STRING, "",
    "Prefix of topics, groups and keys, for several clusters on one broker.",
)  # fmt: skip
SETTINGS = (KAFKA, REDIS, NAMESPACE)

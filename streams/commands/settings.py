"""Settings of the cluster's commands: each an option and an environment variable.

The manual's table lists them, and a test compares the two.
"""

from pathlib import Path

import click

from ranking.commands.durations import Duration
from ranking.commands.settings import Setting

KAFKA = Setting("--kafka", "TOLQYN_KAFKA", click.STRING, "127.0.0.1:9092", "Kafka, HOST:PORT.")
REDIS = Setting("--redis", "TOLQYN_REDIS", click.STRING, "redis://127.0.0.1:6379/0", "Redis.")
NAMESPACE = Setting(
    "--namespace", "TOLQYN_NAMESPACE", click.STRING, "",
    "Prefix of topics, groups and keys, for several clusters on one broker.",
)  # fmt: skip
ID = Setting(
    "--id", "TOLQYN_ID", click.STRING, "1",
    "Name of this worker or packer, unique among them.",
)  # fmt: skip
PROCESSES = Setting(
    "--processes", "TOLQYN_PROCESSES", click.IntRange(1, 256), 1, "API processes on one port."
)
SETTINGS = (KAFKA, REDIS, NAMESPACE, ID, PROCESSES)

# The embedded server has the same variables.
HOST = Setting(
    "--host", "TOLQYN_HOST", click.STRING, "127.0.0.1",
    "Address to listen on; while there are no keys, a loopback one.",
)  # fmt: skip
PORT = Setting("--port", "TOLQYN_PORT", click.IntRange(1, 65535), 8080, "Port to listen on.")
COLLECTOR_PORT = Setting("--port", "TOLQYN_PORT", click.IntRange(1, 65535), 8081, PORT.text)
CHECKPOINT_EVERY = Setting(
    "--checkpoint-every", "TOLQYN_CHECKPOINT_EVERY", Duration(0.1, 3600), 20.0,
    "Seconds between checkpoints.",
)  # fmt: skip
PROFILE = Setting(
    "--profile",
    "TOLQYN_PROFILE",
    click.Path(path_type=Path),
    None,
    "TOML file of the live profile.",
)

"""`deploy/compose.yaml` says what `deploy/local` says: no engine here, but the file is read."""

import re
import shlex
from typing import Any

import click
import pytest
import yaml
from click.testing import CliRunner

from ranking.cli import tolqyn
from streams.commands.settings import SETTINGS
from tests.support.cluster import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if service["image"] == "tolqyn"]


def test_every_part_is_there() -> None:
    assert list(SERVICES) == ["kafka", "redis", "topics", "worker", "pack", "collect", "api"]
    for service in SERVICES.values():
        assert set(service.get("depends_on", ())) <= set(SERVICES)
        assert service["network_mode"] == "host", "others could not reach 127.0.0.1"


@pytest.mark.parametrize("name", OURS)
def test_commands_and_variables_are_known(name: str) -> None:
    command = shlex.split(SERVICES[name]["command"])
    with click.Context(tolqyn) as ctx:
        assert tolqyn.get_command(ctx, command[0])
    done = CliRunner().invoke(tolqyn, [*command, "--help"])
    assert done.exit_code == 0, done.output
    for option in (word for word in command if word.startswith("--")):
        assert option in done.output
    assert set(SERVICES[name]["environment"]) <= {setting.variable for setting in SETTINGS}


def test_versions_and_files_are_the_same() -> None:
    pom = (ROOT / "deploy" / "kafka" / "pom.xml").read_text()
    (version,) = re.findall(r"<kafka.version>(.*)</kafka.version>", pom)
    assert SERVICES["kafka"]["image"] == f"apache/kafka:{version}"
    mounted = SERVICES["kafka"]["volumes"][0].split(":")[0]
    assert (ROOT / "deploy" / mounted).is_file()
    copied = re.findall(r"^COPY (.*) \S+$", (ROOT / "deploy" / "Dockerfile").read_text(), re.M)
    for path in (word for line in copied for word in line.split()):
        assert (ROOT / path).exists()


def test_everything_listens_on_loopback() -> None:
    text = (ROOT / "deploy" / "compose.yaml").read_text()
    assert "0.0.0.0" not in text
    for listener in SERVICES["kafka"]["environment"]["KAFKA_LISTENERS"].split(","):
        assert "://127.0.0.1:" in listener

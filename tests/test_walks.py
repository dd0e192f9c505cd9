"""Three walks of README and manual work by copy and paste: a portal's, an operator's, an analyst's.

Each is a section of a page. Its blocks alone are run, in their order (`tests/support/walks.py`).
"""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.cluster import need
from tests.support.documentation import WALKS
from tests.support.walks import Step, WalkError, newcomer, section, steps_of

HEADINGS = dict(WALKS)


def walk(page: str) -> list[Step]:
    """Steps of a page's walk."""
    return steps_of(section(page, HEADINGS[page]))


@pytest.mark.parametrize(
    ("page", "heading"),
    [("portal", "Two ways to run"), ("operator", "Two ways to run"), ("analyst", "Two commands")],
)
def test_a_walk_begins_as_the_readme_does(page: str, heading: str) -> None:
    readme = [step.text for step in steps_of(section("README", heading))]
    assert walk(page)[0].text == readme[0]


@pytest.mark.server
@pytest.mark.browser
def test_a_portal_developer_has_popular_on_a_page(tmp_path: Path) -> None:
    need("chromium")
    steps = walk("portal")
    assert [step.kind for step in steps] == ["keep", "run", "run", "html", "keep", "open", "run"]
    assert all(step.shows for step in steps if step.kind != "html")
    with newcomer(tmp_path) as portal_developer:
        portal_developer.follow(steps)


@pytest.mark.server
def test_an_operator_publishes_a_half_life_and_rolls_it_back(tmp_path: Path) -> None:
    steps = walk("operator")
    lists = [number for number, step in enumerate(steps) if "/v1/popular" in step.text]
    with newcomer(tmp_path) as operator:
        shown = operator.follow(steps)
        before, published, back = (re.findall('"id":"(.*?)"', shown[number]) for number in lists)
        assert before == back == published[::-1]
        assert len(before) == 2
        (publication,) = (step for step in steps if "publish" in step.text)
        wrong = replace(publication, text=publication.text.replace("half_life", "halflife"))
        with pytest.raises(WalkError, match="must show"):
            operator.follow([wrong])


@pytest.mark.server
def test_an_analyst_has_a_running_experiment_and_its_readout(tmp_path: Path) -> None:
    steps = walk("analyst")
    (readout,) = (number for number, step in enumerate(steps) if "status" in step.text)
    with newcomer(tmp_path) as analyst:
        shown = analyst.follow(steps)
    visits = re.findall(r"visits +(\d+)", shown[readout])
    assert len(visits) > 1
    assert min(map(int, visits)) > 0, shown[readout]

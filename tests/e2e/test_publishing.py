"""Publishing: what is refused before any work, and that nothing is sent of what has not passed."""

from __future__ import annotations

from .project import Project


def test_a_target_that_cannot_be_published_is_told_before_anything_is_built(given: Project) -> None:
    ran = given.run("publish", "wheel")
    assert ran.codes == ["not-publishable"]
    assert ran.code == 1
    assert "deploy.yaml:7" in ran.err
    assert not (given / "build").exists()


def test_where_nothing_can_be_published_it_is_told(given: Project) -> None:
    assert given.run("publish").codes == ["not-publishable"]
    assert given.run("publish", "deploy.yaml", "nowhere").codes == ["unknown-target"]


def test_a_build_publishes_where_that_is_asked_for(given: Project) -> None:
    assert given.run("build", "--publish", "--target", "wheel").codes == ["not-publishable"]
    assert given.run("build", "--publish", "--only", "model").codes == ["not-publishable"]
    assert not (given / "build").exists()

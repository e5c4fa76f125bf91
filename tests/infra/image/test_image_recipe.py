"""A new image for a new install part, and for nothing else."""

import pytest
import yaml

from infra.lab.image import recipe

INSTALLED = [
    "playbooks/image.yml",
    "infra/lab/image/base.py",
    "infra/lab/image/firstboot/firstboot",
    "roles/broker/tasks/install.yml",
    "roles/broker/tasks/install/more.yml",
    "roles/broker/files/unit.service",
    "roles/broker/templates/install/a.j2",
    "roles/broker/vars/install.yml",
    "roles/services/tasks/install.yml",
    "bulkhead/services/requirements.lock",
    "bulkhead/services/ingest/main.py",
    "bulkhead/wire/topics.py",
]
CONFIGURED = [
    "playbooks/site.yml",
    "roles/broker/tasks/main.yml",
    "roles/broker/templates/tenant.conf.j2",
    "roles/broker/handlers/main.yml",
    "roles/broker/defaults/main.yml",
    "roles/broker/meta/argument_specs.yml",
    "roles/unlisted/tasks/install.yml",
    "bulkhead/plan/tables.py",
]


@pytest.fixture
def project(tmp_path):
    for name in [*INSTALLED, *CONFIGURED]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    play = [{"hosts": "builder", "vars": {"image_roles": ["broker", "services", "missing"]}}]
    (tmp_path / "playbooks/image.yml").write_text(yaml.safe_dump(play))
    (tmp_path / "ansible.cfg").write_text("")
    return tmp_path


@pytest.mark.parametrize("name", INSTALLED)
def test_an_install_part_makes_a_new_image(project, name):
    before = recipe.digest(project)
    with (project / name).open("a") as file:
        file.write("\n# changed\n")
    assert recipe.digest(project) != before


@pytest.mark.parametrize("name", CONFIGURED)
def test_what_only_configures_makes_none(project, name):
    before = recipe.digest(project)
    with (project / name).open("a") as file:
        file.write("\n# changed\n")
    assert recipe.digest(project) == before


def test_a_file_added_removed_or_made_to_run_makes_a_new_image(project):
    digests = {recipe.digest(project)}
    added = project / "roles/broker/files/added"
    added.write_text("x")
    digests.add(recipe.digest(project))
    added.chmod(0o755)
    digests.add(recipe.digest(project))
    assert len(digests) == 3
    added.unlink()
    assert recipe.digest(project) in digests


def test_byte_code_makes_none(project):
    before = recipe.digest(project)
    cached = project / "bulkhead/services/ingest/__pycache__"
    cached.mkdir()
    (cached / "main.cpython-311.pyc").write_bytes(b"x")
    assert recipe.digest(project) == before


def test_the_base_is_made_anew_for_its_packages_alone(project):
    before = recipe.base_digest(project)
    (project / "roles/broker/tasks/install.yml").write_text("changed")
    assert recipe.base_digest(project) == before
    (project / "infra/lab/image/base.py").write_text("changed")
    assert recipe.base_digest(project) != before


def test_a_snapshot_is_the_recipe_and_an_edit_does_not_reach_it(project, tmp_path_factory):
    before = recipe.digest(project)
    with recipe.snapshot(tmp_path_factory.mktemp("cache"), project) as copy:
        (project / "roles/broker/files/unit.service").write_text("changed")
        assert recipe.digest(copy) == before
        assert (copy / "roles/broker/templates/tenant.conf.j2").exists()
        assert (copy / "ansible.cfg").exists()
    assert recipe.digest(project) != before


def test_every_role_of_the_project_that_installs_is_in_the_image():
    found = {path.parts[-3] for path in recipe.PROJECT.glob("roles/*/tasks/install.yml")}
    assert found <= set(recipe.roles())


@pytest.mark.parametrize("role", recipe.roles())
def test_an_install_part_uses_no_variable_that_a_new_image_would_not_follow(role):
    """A default that an install part uses could change without a new image."""
    path = recipe.PROJECT / "roles" / role / "defaults" / "main.yml"
    defaults = yaml.safe_load(path.read_text()) or {} if path.exists() else {}
    parts = [p for p in recipe.parts() if p.parts[:2] == ("roles", role)]
    texts = [(recipe.PROJECT / part).read_text(errors="replace") for part in parts]
    tasks = "\n".join(t for t, p in zip(texts, parts, strict=True) if p.suffix in (".yml", ".j2"))
    used = {name for name in defaults if name in tasks}
    assert used <= {"services_archive"}, "put it into vars/install.yml"

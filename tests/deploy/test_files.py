"""The files of deploy/ are valid, and the names in them exist."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import kubernetes_validate
import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands

from hci_center.webserver.body_pools import FILE_BODY

DEPLOY = Path(settings.BASE_DIR) / "deploy"
TEXTS = {
    path.relative_to(DEPLOY).as_posix(): path.read_text()
    for path in sorted(DEPLOY.rglob("*"))
    if path.is_file()
}
OURS = re.compile(r"\b(HCI_[A-Z0-9_]+|DATABASE_URL|REDIS_URL)\b")
# A variable of the image's tag, not of the centre.
OF_COMPOSE = {"HCI_VERSION"}
# Defined by the Gateway API and kustomize.
OTHER_GROUPS = ("gateway.networking.k8s.io/", "kustomize.config.k8s.io/")
VERSIONS = ("1.30", "1.37")
PROCESSES = {"web", "feed", "relay", "deliver", "migrate"}


def resources():
    return [
        (name, each)
        for name, text in TEXTS.items()
        if name.startswith("kubernetes/") and name.endswith(".yaml")
        for each in yaml.safe_load_all(text)
    ]


def test_every_variable_is_documented():
    documented = set(
        OURS.findall((settings.BASE_DIR / "docs" / "configuration.md").read_text())
    )
    named = {name for text in TEXTS.values() for name in OURS.findall(text)}
    assert len(named) > 8
    assert named - documented == OF_COMPOSE


def test_every_command_exists():
    commands = {
        command
        for text in TEXTS.values()
        for command in re.findall(r"manage\.py,? (\w+)", text)
    }
    assert commands >= {"serve_feed", "relay_changes", "deliver_messages", "migrate"}
    assert commands <= set(get_commands())
    modules = {
        module
        for text in TEXTS.values()
        for module in re.findall(r"-m,? (hci_\S+?)[\],\n]", text)
    }
    assert modules == {"hci_center.webserver.server"}


@pytest.mark.parametrize("version", VERSIONS)
def test_the_manifests_are_valid_for_kubernetes(version):
    checked = 0
    for _name, resource in resources():
        if not resource["apiVersion"].startswith(OTHER_GROUPS):
            kubernetes_validate.validate(resource, version, strict=True)
            checked += 1
    assert checked > 15


def test_kustomize_lists_every_manifest():
    listed = yaml.safe_load(TEXTS["kubernetes/kustomization.yaml"])["resources"]
    there = {name.removeprefix("kubernetes/") for name, _ in resources()}
    assert {*listed, "kustomization.yaml"} == there


def test_web_and_feed_scale_and_rolling_updates_keep_some_running():
    by_kind = {}
    for _name, resource in resources():
        named = by_kind.setdefault(resource["kind"], {})
        named[resource.get("metadata", {}).get("name")] = resource
    assert set(by_kind["Deployment"]) == {"web", "feed", "relay", "deliver"}
    assert set(by_kind["PodDisruptionBudget"]) == set(by_kind["Deployment"])
    assert set(by_kind["HorizontalPodAutoscaler"]) == {"web", "feed"}
    for deployment in by_kind["Deployment"].values():
        pod = deployment["spec"]["template"]["spec"]
        [container] = pod["containers"]
        assert container["securityContext"]["readOnlyRootFilesystem"]
        assert pod["securityContext"]["runAsNonRoot"]
        assert deployment["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0


def test_compose_runs_every_process_and_migrates_first():
    services = yaml.safe_load(TEXTS["compose.yaml"])["services"]
    assert PROCESSES | {"postgres", "valkey", "nginx"} == set(services)
    for name in PROCESSES - {"migrate"}:
        service = services[name]
        assert service["scale"] == 2
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
        after = service["depends_on"]["migrate"]["condition"]
        assert after == "service_completed_successfully"
    for volume in services["nginx"]["volumes"]:
        source = volume.partition(":")[0]
        assert source.startswith("/") or (DEPLOY / source).is_file()


def test_the_image_copies_existing_files_and_does_not_run_as_root():
    text = TEXTS["Containerfile"]
    copied = re.findall(r"^COPY (?!--from)(.+) \./$", text, re.M)
    for name in " ".join(copied).split():
        assert (settings.BASE_DIR / name).exists(), name
    assert re.search(r"^USER (?!root|0)", text, re.M)


def test_proxies_accept_bodies_of_the_centres_limit():
    [most] = re.findall(r"client_max_body_size (\d+)m;", TEXTS["nginx/hci.conf"])
    assert 0 <= int(most) * 2**20 - FILE_BODY <= 2**20
    # Caddy does not buffer bodies, so the centre's own limits apply.
    assert "max_size" not in TEXTS["caddy/Caddyfile"]


@pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze"
)
def test_the_units_are_valid_for_systemd(tmp_path):
    units = tmp_path / "etc" / "systemd" / "system"
    shutil.copytree(DEPLOY / "systemd", units)
    theirs = tmp_path / "usr/lib/systemd/system"
    shutil.copytree("/usr/lib/systemd/system", theirs, symlinks=True)
    python = tmp_path / "opt/hci/.venv/bin/python"
    python.parent.mkdir(parents=True)
    shutil.copy("/bin/true", python)
    target = TEXTS["systemd/hci.target"]
    started = re.findall(r"hci-\w+@\d+\.service", target)
    assert len(started) == 8
    names = [*started, "hci-web@8000.socket", "hci-feed@8001.socket", "hci.target"]
    verified = subprocess.run(
        [
            "systemd-analyze",
            "verify",
            f"--root={tmp_path}",
            *names,
            "hci-migrate.service",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (verified.returncode, verified.stderr) == (0, "")
    rated = subprocess.run(
        [
            "systemd-analyze",
            "security",
            "--offline=true",
            f"--root={tmp_path}",
            "--threshold=20",
            *started,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert rated.returncode == 0, rated.stdout

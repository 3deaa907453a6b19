"""The embedded database for a command that also works while nothing is running."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import OperationalError, connection

from hci_center.local import paths
from hci_center.local.data_dir_lock import lock_data_dir
from hci_center.local.installations import refuse_missing
from hci_center.local.postgres import Postgres
from hci_center.local.server_dirs import open_server_dirs
from hci_center.local.start_check import check_start
from hci_center.local.supervisor import Supervisor


@contextmanager
def running_database(
    say: Callable[[str], None], *, is_restored: bool = False
) -> Iterator[None]:
    """Starts the embedded database within the block, unless it is running.

    With an external DATABASE_URL, nothing is started. With `is_restored` the database
    may be empty or half restored; otherwise it is checked as at the start of a process.
    Raises CannotStartError, ImproperlyConfigured.
    """
    if not is_restored:
        refuse_missing()
    with _started(say):
        if not is_restored:
            check_start(say, secrets=False)
        yield


@contextmanager
def _started(say: Callable[[str], None]) -> Iterator[None]:
    if paths.database_url() != settings.DATABASE_URL or _answers():
        yield
        return
    with lock_data_dir(), Supervisor(say) as supervisor:
        postgres = Postgres(open_server_dirs())
        postgres.prepare()
        supervisor.start(postgres.process())
        postgres.wait_until_ready(lambda: supervisor.tend(0.02))
        try:
            yield
        finally:
            connection.close()


def _answers() -> bool:
    try:
        connection.ensure_connection()
    except OperationalError:
        return False
    return True

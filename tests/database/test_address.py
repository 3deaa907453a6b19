"""DATABASE_URL as Django and libpq take it."""

from hci_center.environment import Environment


def test_several_servers_of_a_database_are_listed_for_libpq(monkeypatch):
    monkeypatch.setenv(
        "X", "postgres://u:p%40@one:6543,two,[::1]:7/name?sslmode=verify-full"
    )
    config = Environment().database("X", default="")
    assert (config["HOST"], config["PORT"]) == ("one,two,::1", "6543,5432,7")
    assert (config["NAME"], config["USER"], config["PASSWORD"]) == ("name", "u", "p@")
    assert config["OPTIONS"] == {
        "sslmode": "verify-full",
        "target_session_attrs": "read-write",
    }


def test_the_folder_of_a_socket_is_its_host(monkeypatch):
    monkeypatch.setenv("X", "postgres://hci@/hci?host=/run/there")
    config = Environment().database("X", default="")
    assert (config["HOST"], config["PORT"]) == ("/run/there", "")

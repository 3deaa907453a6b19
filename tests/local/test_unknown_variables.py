"""Environment variables that nothing reads, and similar names that may be meant."""

from hci_center.local.unknown_variables import unknown_variables


def found(**given):
    return [tuple(each) for each in unknown_variables(given)]


def test_a_misspelt_name_is_found_with_the_most_similar():
    assert found(HCI_WEB_TREADS="8", HCI_PUBLIC_ULR="https://a") == [
        ("HCI_PUBLIC_ULR", "HCI_PUBLIC_URL"),
        ("HCI_WEB_TREADS", "HCI_WEB_THREADS"),
    ]
    assert found(HCI_XYZZY="1") == [("HCI_XYZZY", "")]


def test_variables_that_are_read_are_known():
    assert found(HCI_PORT="1", HCI_SECRET_KEY_FILE="/x", HCI_OLDER_VERSION="1") == []
    assert found(HCI_PORT_FILE="/x") == [("HCI_PORT_FILE", "HCI_PORT")]


def test_variables_of_kubernetes_services_are_ignored():
    assert (
        found(
            HCI_WEB_SERVICE_HOST="10.0.0.1",
            HCI_WEB_SERVICE_PORT="80",
            HCI_WEB_PORT_80_TCP_ADDR="10.0.0.1",
        )
        == []
    )

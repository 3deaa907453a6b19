"""Whatever comes to /api/, an envelope goes out."""


def test_an_unknown_path_is_an_enveloped_404(api):
    answer = api.get("/api/nothing/here")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"
    assert answer["Content-Type"] == "application/json"


def test_a_foreign_host_is_refused_in_the_envelope(api):
    answer = api.get("/api/user/", headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "invalid"
    assert "fields" not in answer.json()["error"]

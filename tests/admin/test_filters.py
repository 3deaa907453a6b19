"""The drop-downs above a list."""

from tests.builders import make_area


def options(answer, name):
    html = answer.content.decode()
    start = html.index(f'<select name="{name}"')
    return html[start : html.index("</select>", start)]


def test_only_the_current_choice_is_selected(desk, own):
    other = make_area(own.manager, "outra", name="Outra")
    address = "/admin/contacts/contact/"
    shown = options(desk.get(address), "area__id__exact")
    assert '<option value="" selected>' in shown
    assert shown.count("selected") == 1
    chosen = desk.get(f"{address}?area__id__exact={other.pk}")
    shown = options(chosen, "area__id__exact")
    assert f'<option value="{other.pk}" selected>Outra</option>' in shown
    assert f'<option value="{own.area.pk}">{own.area.name}</option>' in shown
    assert shown.count("selected") == 1


def test_names_of_choices_are_escaped(desk, own):
    make_area(own.manager, "má", name="<script>alert(1)</script>")
    shown = options(desk.get("/admin/contacts/contact/"), "area__id__exact")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert "<script" not in shown

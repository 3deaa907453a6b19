"""Texts that look like scripts are shown unchanged, wherever they come from."""

from __future__ import annotations

import json
import re

from playwright.sync_api import expect

from contacts.models import Tag
from tests.console.browser.company import PNG, execute
from tests.feed.processes import wait_until

# One call, recognized by the variable that it would set: `window.hacked`.
_RUN = "window.hacked=1"
_TEMPLATES = """
<script>{}</script>
<SCRIPT SRC=data:text/javascript,{}></SCRIPT>
"><script>{}</script>
'><script>{}</script>
</title><script>{}</script>
</textarea><script>{}</script>
--><script>{}</script>
]]><script>{}</script>
<img src=x onerror={}>
<img src=x onerror="{}">
"><img src=x onerror={}>
<img/src=`x`/onerror={}>
<img src=x:x onerror={} //
<svg onload={}>
<svg/onload={}>
<svg><script>{}</script></svg>
<svg><animate onbegin={} attributeName=x dur=1s>
<svg><a xlink:href="javascript:{}"><text>x</text></a></svg>
<math><a xlink:href="javascript:{}">x</a></math>
<body onload={}>
<iframe src="javascript:{}"></iframe>
<iframe srcdoc="<script>{}</script>"></iframe>
<object data="javascript:{}"></object>
<embed src="javascript:{}">
<a href="javascript:{}">x</a>
<a href="JaVaScRiPt:{}">x</a>
<a href=" javascript:{}">x</a>
<a href="java&#9;script:{}">x</a>
<a href="&#106;avascript:{}">x</a>
<a href="data:text/html,<script>{}</script>">x</a>
javascript:{}
javascript://%0a{}
data:text/html,<script>{}</script>
vbscript:{}
http://a.example/"onmouseover="{}
http://a.example/'onclick='{}
https://a.example/<script>{}</script>
https://a.example/?x=javascript:{}
[x](javascript:{})
<input autofocus onfocus={}>
<select autofocus onfocus={}>
<video src=x onerror={}>
<audio src=x onerror={}>
<video><source onerror={}></video>
<details open ontoggle={}>
<marquee onstart={}>
<form action="javascript:{}"><button>x
<button formaction="javascript:{}">x
<meta http-equiv=refresh content="0;url=javascript:{}">
<link rel=stylesheet href="javascript:{}">
<base href="javascript:{}//">
<style>@import 'javascript:{}';</style>
<div style="background:url(javascript:{})">
<template><script>{}</script></template>
<noscript><p title="</noscript><img src=x onerror={}>">
<p onpointerover={}>x
${{{}}}
{{{{constructor.constructor('{}')()}}}}
lit$<!--?lit${}--><script>{}</script>
<?lit$0$ {}?>
&lt;script&gt;{}&lt;/script&gt;
\u202e<script>{}</script>
\u003cscript\u003e{}\u003c/script\u003e
""".strip().splitlines()
TEXTS = [
    line.replace("{}", _RUN).replace("{{", "{").replace("}}", "}")
    for line in _TEMPLATES
]


def test_there_are_enough_texts():
    assert len(set(TEXTS)) >= 60


def test_no_text_of_a_customer_runs_as_a_script(company, sign_in):
    name = '<img src=x onerror=window.hacked=1>"><script>window.hacked=1</script>'
    contact = company.customer("Maria", None)
    for text in TEXTS:
        company.say(contact, text)
    caption = "<svg onload=window.hacked=1>"
    company.say(contact, caption, type="image", base64=PNG)
    company.say(
        contact,
        "",
        type="file",
        base64=PNG,
        fileName="<img src=x onerror=hacked=1>.png",
    )
    company.claim(contact, company.ana)
    company.act("/api/chat/tag", contact, company.ana, add=["vip"])
    tags = Tag.objects.filter(manager=company.manager, code="vip")
    assert tags.update(name="<b onclick=x>VIP") == 1
    execute("UPDATE contacts_contact SET name = %s WHERE id = %s", name, contact.pk)
    page = sign_in(company.ana)
    page.get_by_role("option").click()
    log = page.get_by_role("log")
    expect(page.locator(".chat__name")).to_have_text(name)
    note = "<script>window.hacked=1</script> @<img src=x onerror=window.hacked=1>"
    page.keyboard.press("n")
    page.locator("#composer").fill(note)
    page.keyboard.press("Enter")
    expect(log).to_contain_text(note)
    # Older messages are loaded by scrolling there.
    seen: set[str] = set()
    bubbles = log.locator(".bubble__text")
    for _ in range(20):
        seen |= set(bubbles.all_text_contents())
        if seen >= {*TEXTS, caption}:
            break
        page.evaluate("document.getElementById('log').scrollTop = 0")
        wait_until(lambda known=frozenset(seen): {*bubbles.all_text_contents()} - known)
    assert {*TEXTS, caption} - seen == set()
    assert page.locator("#log script, #log iframe, #log form, #log base").count() == 0
    links = page.eval_on_selector_all(
        "a[href]", "links => links.map((one) => [one.href, one.rel, one.origin])"
    )
    for address, rel, origin in links:
        assert re.match("https?:", address), address
        assert origin == company.url or rel == "noopener noreferrer", address
    assert page.evaluate("window.hacked") is None, json.dumps(links)

"""Where a customer of a page came from: an ad, a link, a post, a product."""

from __future__ import annotations

from typing import Any

from chats.gateways.events import Origin
from chats.gateways.parsing import found, text


def origin_of_referral(referral: Any) -> Origin | None:
    """Returns the origin in a `referral`, or None if it has none."""
    if not isinstance(referral, dict) or not referral:
        return None
    context = referral.get("ads_context_data")
    product = text(found(referral, "product", "id"))
    ref, ad = text(referral.get("ref")), text(referral.get("ad_id"))
    title = text(found(context, "ad_title")) or text(referral.get("source"))
    url = text(referral.get("referer_uri"))
    if not any((product, ref, ad, title, url)):
        return None
    if product:
        return Origin("product", product, title, url)
    # The link's own `ref` is more precise than the number of its ad.
    return Origin("ad" if ad else "ref", ref or ad, title, url)


def origin_of_message(payload: Any, message: Any) -> Origin | None:
    """Returns the ad or product of a message, or the story that it answers."""
    referral = found(message, "referral") or found(payload, "referral")
    origin = origin_of_referral(referral)
    story = found(message, "reply_to", "story")
    if origin is None and isinstance(story, dict):
        return Origin("post", text(story.get("id")), "", text(story.get("url")))
    return origin

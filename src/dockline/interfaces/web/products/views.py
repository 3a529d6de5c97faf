"""Products, and which channels know them."""

from django.http import HttpRequest, HttpResponse

from dockline.domain.channels import queries as channels
from dockline.domain.exchanges import queries as exchanges
from dockline.domain.inventory import queries as inventory
from dockline.domain.products import queries as products
from dockline.interfaces.web.parts.answer import answer
from dockline.interfaces.web.parts.asked import page_of, text_in
from dockline.interfaces.web.parts.scope import scope_of

LINK_KIND = "product"


def list_variants(request: HttpRequest) -> HttpResponse:
    """List variants by SKU with the channels of their account."""
    account_id = scope_of(request).account_id
    text = text_in(request, "q")
    page = page_of(request, total=products.count_variants(account_id=account_id, text=text))
    variants = products.list_variants(account_id=account_id, text=text, offset=page.offset, limit=page.size)
    selling = channels.list_channels(account_id=account_id)
    known = exchanges.list_links(
        LINK_KIND, subject_ids=[variant.id for variant in variants], channel_ids=[channel.id for channel in selling]
    )

    sets = inventory.list_sets_available({variant.id: variant.parts for variant in variants if variant.parts})
    rows = [
        (
            variant,
            [
                (channel, (channel.id, variant.id) in known)
                for channel in selling
                if channel.account_name == variant.account_name
            ],
            sets.get(variant.id, ()),
        )
        for variant in variants
    ]
    return answer(request, "products/list", {"rows": rows, "page": page, "text": text, "is_filtered": bool(text)})

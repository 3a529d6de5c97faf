"""Sentences that must always be true, as queries: asserted by tests and proofs, and on demand in production."""

from dataclasses import dataclass

from django.db import connection


@dataclass(frozen=True)
class Violation:
    """A sentence that is not true, and some of the rows that show it."""

    sentence: str
    examples: tuple[tuple[object, ...], ...]


SENTENCES = {
    "A line's shipped quantity is the sum of what its shipments shipped.": """
        SELECT line.id, line.shipped_quantity FROM orders_salesorderline line
        WHERE NOT line.is_bundle AND line.shipped_quantity <> coalesce((
            SELECT sum(carried.shipped_quantity) FROM shipments_shipmentline carried
            WHERE carried.order_line_id = line.id), 0)""",
    "A bundle has shipped as many as its parts make, and nothing by itself.": """
        SELECT bundle.id, bundle.shipped_quantity FROM orders_salesorderline bundle
        JOIN orders_salesorderline part ON part.part_of_id = bundle.id
        WHERE bundle.is_bundle GROUP BY bundle.id
        HAVING bundle.shipped_quantity <> CASE
                   WHEN bool_and(part.shipped_quantity >= part.base_quantity) THEN bundle.base_quantity
                   ELSE least(bundle.base_quantity, min(div(part.shipped_quantity, part.per_bundle))) END
            OR bool_or(part.base_quantity <> bundle.base_quantity * part.per_bundle)
            OR EXISTS (SELECT FROM shipments_shipmentline carried
                       JOIN shipments_shipment shipment ON shipment.id = carried.shipment_id
                       WHERE carried.order_line_id = bundle.id AND shipment.status <> 'cancelled')""",
    "No line ships and cancels more than was ordered unless it is kept as surplus, or an issue says so.": """
        SELECT line.id, line.shipped_quantity, line.base_quantity FROM orders_salesorderline line
        WHERE line.shipped_quantity + line.cancelled_quantity > line.base_quantity AND line.shipped_quantity > 0
          AND NOT EXISTS (
            SELECT 1 FROM issues_issue issue JOIN shipments_shipment shipment ON shipment.id = issue.subject_id
            WHERE issue.subject_kind = 'shipment' AND issue.cause = 'shipped_more'
              AND shipment.order_id = line.order_id)
          AND NOT EXISTS (
            SELECT 1 FROM shipments_shipmentsurplus surplus
            JOIN shipments_shipment shipment ON shipment.id = surplus.shipment_id
            WHERE shipment.order_id = line.order_id AND surplus.sku = line.sku AND surplus.is_ordered)""",
    "Open shipments carry no more of a line than remains of it, but for what came alive after it was taken back.": """
        SELECT line.id FROM orders_salesorderline line
        JOIN shipments_shipmentline carried ON carried.order_line_id = line.id
        JOIN shipments_shipment shipment ON shipment.id = carried.shipment_id
             AND shipment.status IN ('ready', 'sent', 'rejected')
        WHERE NOT EXISTS (SELECT 1 FROM shipments_shipment alive WHERE alive.order_id = line.order_id
                          AND alive.is_given_back AND alive.status <> 'cancelled')
        GROUP BY line.id
        HAVING sum(carried.quantity) > line.base_quantity - line.shipped_quantity - line.cancelled_quantity""",
    "A closed order has nothing left to ship and no open shipment.": """
        SELECT closed.id FROM orders_salesorder closed WHERE closed.status IN ('shipped', 'cancelled') AND (
            EXISTS (SELECT 1 FROM orders_salesorderline line WHERE line.order_id = closed.id
                    AND NOT line.is_bundle AND line.shipped_quantity + line.cancelled_quantity < line.base_quantity)
            OR EXISTS (SELECT 1 FROM shipments_shipment shipment WHERE shipment.order_id = closed.id
                       AND shipment.status IN ('ready', 'sent', 'rejected')))""",
    "A cancelled order has shipped nothing.": """
        SELECT cancelled.id FROM orders_salesorder cancelled WHERE cancelled.status = 'cancelled'
          AND EXISTS (SELECT 1 FROM orders_salesorderline line WHERE line.order_id = cancelled.id
                      AND line.shipped_quantity > 0)""",
    "A cancelled shipment ships nothing, holds no stock, and nobody is asked about it.": """
        SELECT shipment.id FROM shipments_shipment shipment WHERE shipment.status = 'cancelled' AND (
            EXISTS (SELECT 1 FROM shipments_shipmentline line
                    JOIN inventory_reservation held ON held.shipment_line_id = line.id
                    WHERE line.shipment_id = shipment.id AND (line.shipped_quantity > 0 OR held.released_at IS NULL))
            OR EXISTS (SELECT 1 FROM shipments_cancelwish wish WHERE wish.shipment_id = shipment.id
                       AND wish.state = 'asked'))""",
    "Every open order is due, under way, or has an open issue.": """
        SELECT waiting.id FROM orders_salesorder waiting
        WHERE waiting.status IN ('approved', 'fulfilling') AND waiting.wake_at IS NULL
          AND NOT EXISTS (SELECT 1 FROM shipments_shipment shipment WHERE shipment.order_id = waiting.id
                          AND shipment.status IN ('ready', 'sent', 'rejected'))
          AND NOT EXISTS (SELECT 1 FROM issues_issue issue WHERE issue.subject_kind = 'order'
                          AND issue.subject_id = waiting.id AND issue.resolved_at IS NULL)""",
    "Nothing of an order on hold is about to be sent.": """
        SELECT held.id, shipment.id FROM orders_salesorder held
        JOIN shipments_shipment shipment ON shipment.order_id = held.id
        WHERE held.held_at IS NOT NULL AND shipment.dispatch = 'ready' AND shipment.status = 'ready'
          AND NOT EXISTS (SELECT 1 FROM shipments_cancelwish wish WHERE wish.shipment_id = shipment.id
                          AND wish.state = 'asked')""",
    "An order on hold is open, and an issue says why.": """
        SELECT held.id FROM orders_salesorder held WHERE held.held_at IS NOT NULL AND (
            held.status NOT IN ('approved', 'fulfilling')
            OR NOT EXISTS (SELECT 1 FROM issues_issue issue WHERE issue.subject_kind = 'order'
                           AND issue.subject_id = held.id AND issue.cause = 'on_hold'
                           AND issue.resolved_at IS NULL))""",
    "A change that is asked waits for a warehouse.": """
        SELECT changing.id FROM orders_orderchange changing
        WHERE changing.state = 'asked' AND NOT EXISTS (
            SELECT 1 FROM shipments_cancelwish wish JOIN shipments_shipment shipment ON shipment.id = wish.shipment_id
            WHERE shipment.order_id = changing.order_id AND wish.purpose = 'change' AND wish.state = 'asked')""",
    "Every unfinished dispatch has a time to be looked at.": """
        SELECT id FROM shipments_shipment
        WHERE dispatch IN ('ready', 'sending', 'settling') AND wake_at IS NULL AND status <> 'cancelled'""",
    "Every dispatch that waits for a person has an issue.": """
        SELECT shipment.id FROM shipments_shipment shipment
        WHERE shipment.dispatch IN ('differs', 'needs_fix', 'held', 'duplicate')
          AND shipment.status IN ('ready', 'sent', 'rejected')
          AND NOT EXISTS (SELECT 1 FROM issues_issue issue WHERE issue.subject_kind = 'shipment'
                          AND issue.subject_id = shipment.id AND issue.resolved_at IS NULL)""",
    "A confirmed dispatch is linked to what is there.": """
        SELECT shipment.id FROM shipments_shipment shipment
        WHERE shipment.dispatch IN ('confirmed', 'differs') AND NOT EXISTS (
            SELECT 1 FROM exchanges_link link WHERE link.channel_id = shipment.channel_id
              AND link.kind = 'shipment' AND link.subject_id = shipment.id)""",
    "An open exchange belongs to a dispatch that is being sent.": """
        SELECT exchange.id FROM exchanges_exchange exchange
        JOIN shipments_shipment shipment ON shipment.id = exchange.subject_id
        WHERE exchange.kind = 'export_shipment' AND exchange.state = 'intended' AND shipment.dispatch <> 'sending'""",
    "An allocated shipment line has promised its stock.": """
        SELECT line.id FROM shipments_shipmentline line WHERE NOT EXISTS (
            SELECT 1 FROM inventory_reservation reservation WHERE reservation.shipment_line_id = line.id
              AND reservation.quantity = line.quantity)""",
    "What a shipment line promises is what it sends: the ordered product, or the alternate in its place.": """
        SELECT line.id FROM shipments_shipmentline line
        JOIN orders_salesorderline wanted ON wanted.id = line.order_line_id
        JOIN inventory_reservation reservation ON reservation.shipment_line_id = line.id
        WHERE reservation.variant_id <> coalesce(line.alternate_id, wanted.variant_id)
           OR line.alternate_id = wanted.variant_id""",
    "A level is the sum of its movements.": """
        SELECT level.id, level.on_hand, moved.on_hand FROM inventory_level level
        LEFT JOIN (SELECT level_id, sum(on_hand) AS on_hand, sum(free) AS free, sum(incoming) AS incoming
                   FROM inventory_movement GROUP BY level_id) moved ON moved.level_id = level.id
        WHERE (level.on_hand, level.free, level.incoming)
              IS DISTINCT FROM (moved.on_hand, moved.free, moved.incoming)""",
    "What is kept of a stock report is of a page of the newest one.": """
        SELECT told.channel_id, told.page FROM inventory_reportedrow told
        WHERE told.edition IN (SELECT page.edition FROM inventory_reportedpage page
                               WHERE page.channel_id = told.channel_id)
          AND NOT EXISTS (SELECT 1 FROM inventory_reportedpage page WHERE page.channel_id = told.channel_id
                          AND page.page = told.page AND page.edition = told.edition)""",
    "Nothing is reserved twice: an open order has promised no more of a line than remains of it.": """
        SELECT line.id FROM orders_salesorderline line
        JOIN shipments_shipmentline carried ON carried.order_line_id = line.id
        JOIN shipments_shipment shipment ON shipment.id = carried.shipment_id
             AND shipment.status IN ('ready', 'sent')
        JOIN inventory_reservation reserved ON reserved.shipment_line_id = carried.id AND reserved.released_at IS NULL
        WHERE NOT EXISTS (SELECT 1 FROM shipments_shipment alive WHERE alive.order_id = line.order_id
                          AND alive.is_given_back AND alive.status <> 'cancelled')
        GROUP BY line.id
        HAVING sum(reserved.quantity) > line.base_quantity - line.shipped_quantity - line.cancelled_quantity""",
    "A purchase order waits for nothing exactly when it is received, cancelled or closed short.": """
        SELECT purchase.id, purchase.status FROM purchases_purchaseorder purchase
        WHERE purchase.status IN ('receiving', 'received')
          AND (purchase.status = 'received') <> (purchase.is_closed_short OR NOT EXISTS (
            SELECT 1 FROM purchases_purchaseorderline line WHERE line.order_id = purchase.id
              AND line.received_quantity < line.base_quantity))""",
    "A purchase order's lines have received what its receipts say arrived, but for what is beyond them.": """
        SELECT line.order_id, line.sku FROM purchases_purchaseorderline line
        JOIN purchases_purchaseorder purchase ON purchase.id = line.order_id
             AND purchase.status IN ('approved', 'receiving', 'received')
        GROUP BY line.order_id, line.sku
        HAVING sum(line.received_quantity) <> least(sum(line.base_quantity), coalesce((
            SELECT sum(came.quantity) FROM purchases_receiptline came
            JOIN purchases_receipt receipt ON receipt.id = came.receipt_id
            WHERE receipt.order_id = line.order_id AND came.sku = line.sku AND came.has_arrived), 0))""",
    "What arrived beyond a purchase order has an issue, open or resolved.": """
        SELECT receipt.order_id, came.sku FROM purchases_receiptline came
        JOIN purchases_receipt receipt ON receipt.id = came.receipt_id
        WHERE came.has_arrived GROUP BY receipt.order_id, came.sku
        HAVING sum(came.quantity) > coalesce((SELECT sum(line.base_quantity) FROM purchases_purchaseorderline line
              WHERE line.order_id = receipt.order_id AND line.sku = came.sku), 0)
          AND NOT EXISTS (SELECT 1 FROM issues_issue issue WHERE issue.subject_kind = 'purchase'
              AND issue.subject_id = receipt.order_id AND issue.cause = 'received_more')""",
    "Every purchase order on its way has a time to be looked at.": """
        SELECT id FROM purchases_purchaseorder
        WHERE dispatch IN ('ready', 'sending', 'settling') AND wake_at IS NULL AND status <> 'cancelled'""",
    "Every purchase order whose sending waits for a person has an issue.": """
        SELECT purchase.id FROM purchases_purchaseorder purchase
        WHERE purchase.dispatch IN ('differs', 'needs_fix', 'held', 'duplicate')
          AND purchase.status IN ('approved', 'receiving')
          AND NOT EXISTS (SELECT 1 FROM issues_issue issue WHERE issue.subject_kind = 'purchase'
                          AND issue.subject_id = purchase.id AND issue.resolved_at IS NULL)""",
    "A confirmed purchase order is linked to what is there.": """
        SELECT purchase.id FROM purchases_purchaseorder purchase
        WHERE purchase.dispatch IN ('confirmed', 'differs') AND NOT EXISTS (
            SELECT 1 FROM exchanges_link link WHERE link.channel_id = purchase.channel_id
              AND link.kind = 'purchase' AND link.subject_id = purchase.id)""",
    "An open exchange that announces goods belongs to a purchase order that is being sent.": """
        SELECT exchange.id FROM exchanges_exchange exchange
        JOIN purchases_purchaseorder purchase ON purchase.id = exchange.subject_id
        WHERE exchange.kind = 'export_purchase' AND exchange.state = 'intended' AND purchase.dispatch <> 'sending'""",
    "What a warehouse knew of is cancelled only after it let go of it.": """
        SELECT purchase.id FROM purchases_purchaseorder purchase
        WHERE purchase.status = 'cancelled' AND purchase.dispatch IN ('confirmed', 'differs', 'held')
          AND NOT EXISTS (SELECT 1 FROM exchanges_exchange exchange WHERE exchange.subject_kind = 'purchase'
              AND exchange.subject_id = purchase.id AND exchange.kind = 'cancel_purchase'
              AND exchange.state = 'done')""",
}


def list_violations(*, examples: int = 5) -> list[Violation]:
    """Check every sentence and return those that are not true."""
    found = []
    with connection.cursor() as cursor:
        for sentence, query in SENTENCES.items():
            cursor.execute(f"{query} LIMIT {int(examples)}")
            if rows := cursor.fetchall():
                found.append(Violation(sentence, tuple(rows)))
    return found

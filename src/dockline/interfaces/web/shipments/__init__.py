"""Shipments: the list, one shipment, and confirming it by hand."""

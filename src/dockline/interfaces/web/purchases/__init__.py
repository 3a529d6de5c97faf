"""Purchase orders: the list, and one with its receipts."""

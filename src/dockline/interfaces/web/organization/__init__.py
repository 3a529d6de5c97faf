"""The organization: its accounts, warehouses and people, and one account."""

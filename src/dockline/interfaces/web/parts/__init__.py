"""What pages share: base page, menus, chips, times."""

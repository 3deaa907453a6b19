"""Settings of the rules: policies, hours, holidays and menus."""

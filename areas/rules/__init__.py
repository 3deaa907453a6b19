"""Settings of the rules: policies, hours, holidays and menus, and what is in force."""

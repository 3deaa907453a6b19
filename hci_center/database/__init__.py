"""Django's PostgreSQL, with bounds on every wait and a cheaper look at kept connections."""

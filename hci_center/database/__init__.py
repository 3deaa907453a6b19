"""Django's PostgreSQL backend, with limits on every wait and a cheaper health check."""

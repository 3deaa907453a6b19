"""Django's PostgreSQL, with a cheaper look at connections that are kept."""

"""The web process: HTTP, the threads that run Django, and what guards both."""

"""The web process: an HTTP server with bounds and the threads that run Django."""

"""Commands on a home that is served: the client finds the server's socket, the server runs the command for it."""

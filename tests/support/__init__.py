"""What the integration tests stand on: real programs, a scriptable sink, clients. Standard library only."""

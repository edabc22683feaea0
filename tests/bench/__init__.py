"""The benchmark: voicehook against nginx with the same load generator. Standard library only."""

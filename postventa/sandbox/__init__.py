"""A local shop, carrier and mailbox that speak the real APIs, for the demo, tests and benchmarks."""

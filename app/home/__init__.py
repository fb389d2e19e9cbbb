"""Home: what waits for somebody, and the register in figures."""

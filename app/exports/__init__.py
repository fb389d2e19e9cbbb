"""What leaves the house as a package: under a number of its own, for whom and what for, in the books before it goes."""

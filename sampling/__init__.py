"""Samples from a list by permanent random numbers: strata, allocation, selection, weights.

Nothing here knows a database or draws a random number of its own: the numbers come with the units, the start is
given. The same list and the same start give the same sample, whatever the order of the rows.

    numbers     permanent random numbers as fixed-point fractions, starts and seeds
    strata      codes to stratum numbers, sizes
    allocation  how many units of each stratum
    selection   simple random samples within strata, with weights and reserves
    unequal     probabilities proportional to size, sequential Poisson and Pareto
"""

"""Units as people, systems and other rooms ask for them: lists, counts, one unit, what led to it, packages."""

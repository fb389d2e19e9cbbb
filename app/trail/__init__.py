"""Reading the two logs: who did what, who saw what, and whether both are intact."""

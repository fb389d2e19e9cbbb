"""Words and rules without I/O: periods, partial dates, statuses, fields, roles."""

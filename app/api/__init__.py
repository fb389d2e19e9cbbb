"""JSON over HTTP: routes, who calls, error rendering."""

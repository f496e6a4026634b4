"""Elements of a page that work without a kernel and without a network."""

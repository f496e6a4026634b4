"""Library of the course; imports between its floors only point down."""

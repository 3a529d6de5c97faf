"""One stage at a time, and whole journeys, against a real simulator and a real PostgreSQL."""

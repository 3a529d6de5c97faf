"""What an operator translates for one channel: carriers and services, SKUs, references."""

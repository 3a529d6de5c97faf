"""The work list: what needs a person, and the button that repairs it."""

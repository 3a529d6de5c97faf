"""The border: everything a connector may see of Dockline, and all that Dockline sees of a connector."""

"""The control panel: still pages over the control plane's JSON; everything they do, any program can do."""

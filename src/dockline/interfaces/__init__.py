"""Every way in: translate, call once, translate back."""

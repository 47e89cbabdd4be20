"""Lists and pages that change: what their new version changed, and how to say it. Pure."""

"""The probes, a file a theme. To add one: write a function here, marked with @probe."""

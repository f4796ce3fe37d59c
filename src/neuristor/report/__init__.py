"""Reports: figures and tables drawn from stored results; nothing here runs a simulation."""

"""What executes SQL. `base` is the contract; a driver is imported only in its own module."""

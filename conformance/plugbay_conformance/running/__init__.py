"""Running cases: the plan, the workers, what was expected."""

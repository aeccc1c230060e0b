"""The checks of `mtor doctor`: one function for each thing, each yielding findings."""

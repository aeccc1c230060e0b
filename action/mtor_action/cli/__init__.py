"""The command line of `mtor`: one module for each verb."""

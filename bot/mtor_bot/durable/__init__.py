"""Everything that DBOS runs: deliveries and jobs as durable workflows, and the passes that repair what was missed."""

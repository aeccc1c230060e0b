"""Jobs: one spec asked for once, from the queue to its end. Rows say where a job is; a durable workflow moves it on."""

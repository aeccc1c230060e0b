"""Jobs: one request for one spec, from the queue to its end. Rows hold its state; a durable workflow moves it on."""

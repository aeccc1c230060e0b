"""What `mtor doctor` looks at: one function a thing, each giving findings."""

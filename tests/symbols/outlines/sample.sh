#!/bin/bash
# Of the file.

LIMIT=3

# Glued.
send() {
  local retries=1
}

function close {
  :
}

if true; then
  helper() {
    :
  }
fi

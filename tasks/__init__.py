"""What is done: each task is one promise, kept completely or not at all, and safe to make twice."""

"""When things are done: rhythm and order of work, one short flow a file; what is done is in tasks."""

"""The store: SQLAlchemy models and the queries that tasks use, one file a noun, on SQLite and PostgreSQL alike."""

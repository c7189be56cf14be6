"""Alembic's entrance: migrations run on the connection that `postventa.store.migrate` hands in."""

from alembic import context

from postventa.store import database  # noqa: F401 - every table must be known
from postventa.store.base import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()

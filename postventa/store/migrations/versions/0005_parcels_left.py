"""A comparison says what it could not compare; a walk says that it has come to its end."""

import sqlalchemy as sa
from alembic import op

from postventa.store.base import Instant

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

COUNTED = ("parcels_fresh", "parcels_left", "parcels_without_carrier")


def upgrade() -> None:
    for name in COUNTED:
        op.add_column("reconciliations", sa.Column(name, sa.Integer(), nullable=True))
    op.add_column("cursors", sa.Column("walked_at", Instant(), nullable=True))
    op.add_column(
        "reconciliations", sa.Column("left_because", sa.String(length=500), server_default="", nullable=False)
    )


def downgrade() -> None:
    op.drop_column("cursors", "walked_at")
    for name in ("left_because", *COUNTED):
        op.drop_column("reconciliations", name)

"""A comparison says what it could not compare."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

COUNTED = ("parcels_fresh", "parcels_left", "parcels_without_carrier")


def upgrade() -> None:
    for name in COUNTED:
        op.add_column("reconciliations", sa.Column(name, sa.Integer(), nullable=True))
    op.add_column(
        "reconciliations", sa.Column("left_because", sa.String(length=500), server_default="", nullable=False)
    )


def downgrade() -> None:
    for name in ("left_because", *COUNTED):
        op.drop_column("reconciliations", name)

"""Alerts: the block by which Prefect's server mails that a run failed, is late or is dead.

The server finds it as a collection (see pyproject.toml), so postventa must be installed where the server runs;
the webhook needs nothing there.
"""

from prefect.blocks.notifications import AppriseNotificationBlock


class AlertMail(AppriseNotificationBlock):
    """Mail through the shop's own server; its address is made by `postventa setup`."""

    _block_type_name = "postventa alert mail"
    _block_type_slug = "postventa-alert-mail"
    _description = "Mails an alert through the first channel of postventa's configuration."

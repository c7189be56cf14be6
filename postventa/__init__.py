"""postventa: what an after-sales service knows and decides, free of Prefect."""

__version__ = "0.1.0"

"""JSON lines on standard error, for programs; nothing of a payload is ever handed to them."""

from __future__ import annotations

import logging
import sys

import structlog


def configure(part: str, level: str) -> None:
    """Set up logging for one process."""
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a job that still runs is no news
    # It logs the error of a job whole, and a message of the database quotes rows of patients. The clock says
    # which job failed, with what kind of error, and where.
    logging.getLogger("apscheduler.executors").setLevel(logging.CRITICAL)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(part=part)

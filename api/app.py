"""The application: routers, and what lies around every request."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from starlette.middleware.body_limit import RequestBodyLimitMiddleware

from api import (
    alert_report,
    associations,
    case_acts,
    cases,
    cohorts,
    diary_days,
    doses,
    epochs,
    flare_risks,
    health,
    metrics,
    notes,
    page_budget,
    pain,
    patient_associations,
    patients,
    problems,
    quarantine,
    response_waterfall,
    responses,
    silences,
    treatments,
    ward_plan,
)
from api.diary import routes as diary
from api.fhir import routes as fhir
from api.headers import SecurityHeaders
from api.observe import Observe
from api.pages import routes as pages
from api.road import RoadLook
from api.settings import ApiSettings
from store.database import engine_for

MAX_BODY_BYTES = 1_000_000


def create_app(settings: ApiSettings) -> FastAPI:
    """The API and the pages. `app.state` has `settings`, `engine`, `road` and the metrics' `registry`."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        app.state.engine.dispose()

    app = FastAPI(
        title="Actalgia",
        version="1",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        # A span would carry the address, and with it a patient's identifier.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.settings = settings
    app.state.engine = engine_for(settings.database_url, pool_size=10)
    app.state.road = RoadLook(settings.database_url)
    app.state.registry = CollectorRegistry()
    problems.install(app)
    # The last one added is the outermost. FastAPI's own max_body_size would stand outside of the headers.
    app.add_middleware(RequestBodyLimitMiddleware, max_body_size=MAX_BODY_BYTES)
    app.add_middleware(problems.RefuseLarge, most=MAX_BODY_BYTES)
    app.add_middleware(Observe, registry=app.state.registry)
    app.add_middleware(SecurityHeaders, https=settings.https)
    for part in (
        patients,
        epochs,
        pain,
        diary_days,
        notes,
        treatments,
        associations,
        response_waterfall,
        responses,
        patient_associations,
        cases,
        case_acts,
        silences,
        cohorts,
        doses,
        flare_risks,
        quarantine,
        page_budget,
        alert_report,
        ward_plan,
        health,
        metrics,
    ):
        app.include_router(part.router)
    app.include_router(diary.router)
    app.include_router(fhir.router)
    app.include_router(pages.router)
    return app

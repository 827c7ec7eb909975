"""What the interface calls a pain score, and by which cut points."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from pydantic import BaseModel

from severity.cut_points import CutPoints


class CutPointsOut(BaseModel):
    """The set of cut points behind each `severity` of the answer."""

    name: str
    version: int

    @classmethod
    def of(cls, cut_points: CutPoints) -> CutPointsOut:
        """What is said of a set."""
        return cls(name=cut_points.name, version=cut_points.version)


def cut_points_in_use(request: Request) -> CutPoints:
    """The set that the operator chose."""
    chosen: CutPoints = request.app.state.settings.cut_points
    return chosen


CutPointsInUse = Annotated[CutPoints, Depends(cut_points_in_use)]

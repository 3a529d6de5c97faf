"""Every installed connector passes the same suite."""

from collections.abc import Iterator

import pytest

from dockline.connectors.toolkit.conformance import Conformance

from .far_cartoncloud import FarCartonCloud
from .far_manual import FarManual


class TestCartonCloud(Conformance):
    @pytest.fixture(autouse=True)
    def _far_side(self, cartoncloud: FarCartonCloud) -> None:
        self.far = cartoncloud


class TestManual(Conformance):
    @pytest.fixture(autouse=True)
    def _far_side(self) -> Iterator[None]:
        self.far = far = FarManual()
        yield
        far.close()

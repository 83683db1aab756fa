"""How the bus is, for staff."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response

from event_bus.status import bus_status
from event_bus.status.diagnosis import Diagnosis
from event_bus.status.facts import Facts
from event_bus.status.serializers import serializer_of

StatusSerializer = serializer_of("BusStatusSerializer", Diagnosis, Facts)


class StatusView(GenericAPIView):
    """One line in plain words, its causes, and all that they were taken from. Null means: not known.

    It answers within about three seconds, whichever of the databases and the broker is away.
    """

    permission_classes = [IsAdminUser]
    serializer_class = StatusSerializer
    pagination_class = None

    @extend_schema(summary="How the event bus is, and why")
    def get(self, request: Request) -> Response:
        return Response(bus_status(at=timezone.now()).as_dict())

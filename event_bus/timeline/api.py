"""GET /api/v1/event-bus/timeline/?of=… for staff."""

from django.conf import settings
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from event_bus.subscriptions import known_topics
from event_bus.timeline.asking import NotUnderstood
from event_bus.timeline.telling import tell
from rest.problems import InvalidParameter

TOPICS = "|".join(known_topics())
PARTITIONS = "|".join(map(str, range(settings.EVENT_BUS["PARTITIONS"])))
UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


class TimelineView(APIView):
    """What happened, when and where, to an order, a product, a user, an event or a position, and what is missing."""

    permission_classes = [IsAdminUser]

    @extend_schema(
        summary="Where is it?",
        parameters=[
            OpenApiParameter(
                "of",
                required=True,
                pattern=f"^({UUID}|[0-9]{{1,18}}|({TOPICS})/({PARTITIONS}):[0-9]{{1,18}})$",
                description="The id of an order, a product or a user, the number of an event, or a place in the log.",
            )
        ],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request) -> Response:
        try:
            timeline = tell(request.query_params.get("of", ""), at=timezone.now())
        except NotUnderstood as error:
            raise InvalidParameter({"of": [str(error)]}) from error
        return Response(timeline.as_json(), headers={"Cache-Control": "no-store"})

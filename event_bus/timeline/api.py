"""GET /api/v1/event-bus/timeline/?of=… for staff."""

from django.utils import timezone
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from event_bus.timeline.asking import NotUnderstood
from event_bus.timeline.telling import tell
from rest.problems import InvalidParameter


class TimelineView(APIView):
    """What happened, when and where, to an order, a product, a user, an event or a position, and what is missing."""

    permission_classes = [IsAdminUser]

    def get(self, request: Request) -> Response:
        try:
            timeline = tell(request.query_params.get("of", ""), at=timezone.now())
        except NotUnderstood as error:
            raise InvalidParameter({"of": [str(error)]}) from error
        return Response(timeline.as_json(), headers={"Cache-Control": "no-store"})

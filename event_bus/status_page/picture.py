"""The picture: topics on the left, subscriptions on the right, and what flows between them. Geometry and words only."""

from event_bus.status.facts import Facts, Lane, SubscriptionFacts, Topic
from event_bus.status_page.shapes import (
    ARROW_HEAD,
    BETWEEN_PORTS,
    CARD_GAP,
    CARD_PADDING,
    HEADER,
    MARGIN,
    ROW,
    TOPIC_GAP,
    TOPIC_HEIGHT,
    Card,
    Cell,
    Flow,
    Layout,
    Picture,
    Row,
    TopicNode,
)
from event_bus.status_page.states import State, state_of, words_of, worst_of
from event_bus.words import counted, duration, rate


def draw(facts: Facts, layout: Layout) -> Picture:
    topics = [topic for topic in facts.topics if any(topic.name in one.topics for one in facts.subscriptions)]
    cards_height = _stacked([_card_height(one) for one in facts.subscriptions], CARD_GAP)
    topics_height = _stacked([TOPIC_HEIGHT] * len(topics), TOPIC_GAP)
    height = max(cards_height, topics_height) + 2 * MARGIN
    tops = [(index + 0.5) * height / len(topics) - TOPIC_HEIGHT / 2 for index in range(len(topics))]
    middles = {topic.name: top + TOPIC_HEIGHT / 2 for topic, top in zip(topics, tops, strict=True)}
    card_tops = _spread([_card_height(one) for one in facts.subscriptions], CARD_GAP, height)
    cards = [
        _card(one, top, layout, _ports(middles, index, len(facts.subscriptions)), facts.objective)
        for index, (one, top) in enumerate(zip(facts.subscriptions, card_tops, strict=True))
    ]
    return Picture(
        layout=layout,
        height=height,
        topics=[_topic(topic, top) for topic, top in zip(topics, tops, strict=True)],
        cards=cards,
        description=" ".join(_described(card) for card in cards),
    )


def _card(
    subscription: SubscriptionFacts, top: float, layout: Layout, ports: dict[str, float], objective: float
) -> Card:
    rows = [
        _row(subscription, topic, top + HEADER + index * ROW, layout, ports[topic], objective)
        for index, topic in enumerate(subscription.topics)
        if topic in ports
    ]
    state = worst_of([row.flow.state for row in rows])
    letters = subscription.dead_letters.count if subscription.dead_letters else 0
    return Card(
        layout=layout,
        name=subscription.name,
        y=top,
        height=_card_height(subscription),
        pace=rate(subscription.pace.per_second if subscription.pace else None),
        words=_lag_words(subscription),
        dead_letters=counted(letters, "dead letter") if letters else "",
        state=state,
        rows=rows,
    )


def _lag_words(subscription: SubscriptionFacts) -> str:
    if subscription.lag is None:
        return "nothing known"
    if subscription.lag == 0:
        return "up to date"
    return f"{subscription.lag:,} behind · {duration(subscription.lag_seconds)}"


def _row(
    subscription: SubscriptionFacts, topic: str, y: float, layout: Layout, port: float, objective: float
) -> Row:
    lanes = [lane for lane in subscription.lanes if lane.topic == topic]
    states = [state_of(lane, objective) for lane in lanes]
    pace = _pace_of(topic, subscription)
    middle = y + ROW / 2
    return Row(
        topic=topic,
        y=y,
        cells=_cells(lanes, states, layout),
        flow=Flow(
            path=_curve(layout, port, middle),
            state=worst_of(states),
            label=_flow_label(lanes, pace),
            label_y=middle - 7,
            moving=bool(pace),
        ),
    )


def _pace_of(topic: str, subscription: SubscriptionFacts) -> float | None:
    if subscription.pace is None:
        return None
    return sum(one.per_second for one in subscription.pace.topics if one.name == topic)


def _flow_label(lanes: list[Lane], pace: float | None) -> str:
    if any(lane.lag is None for lane in lanes):
        return "not known"
    late = sum(lane.lag or 0 for lane in lanes)
    seconds = max((lane.lag_seconds or 0 for lane in lanes), default=0)
    return f"{rate(pace)} · {late:,} behind, {duration(seconds)}" if late else rate(pace)


def _cells(lanes: list[Lane], states: list[State], layout: Layout) -> list[Cell]:
    left = layout.card_left + layout.strip_left
    pitch = (layout.width - MARGIN - CARD_PADDING - left) / max(len(lanes), 1)
    pitch = min(pitch, 28)
    return [
        Cell(
            x=round(left + index * pitch, 2),
            width=round(max(pitch - 3, 1.5), 2),
            state=state,
            title=f"{lane.topic}/{lane.partition}: {words_of(lane)}",
        )
        for index, (lane, state) in enumerate(zip(lanes, states, strict=True))
    ]


def _described(card: Card) -> str:
    return ", ".join(filter(None, [f"{card.name}: {card.words}", card.pace, card.dead_letters])) + "."


def _topic(topic: Topic, top: float) -> TopicNode:
    if topic.events is None:
        return TopicNode(topic.name, top, "not known", State.UNKNOWN)
    if topic.unnumbered:
        return TopicNode(topic.name, top, f"{topic.unnumbered:,} not numbered", State.MOVING)
    return TopicNode(topic.name, top, counted(topic.events, "event"), State.FRESH)


def _ports(middles: dict[str, float], index: int, count: int) -> dict[str, float]:
    """Where the arrows to one subscription leave their topics: side by side, in the order of the cards."""
    shift = (index - (count - 1) / 2) * BETWEEN_PORTS
    return {name: middle + shift for name, middle in middles.items()}


def _curve(layout: Layout, top: float, bottom: float) -> str:
    left, end = layout.topic_width, layout.card_left - ARROW_HEAD
    bent = end - layout.straight
    middle = (left + bent) / 2
    return f"M{left} {top:.1f}C{middle:.0f} {top:.1f} {middle:.0f} {bottom:.1f} {bent} {bottom:.1f}H{end}"


def _card_height(subscription: SubscriptionFacts) -> float:
    return HEADER + ROW * len(subscription.topics) + CARD_PADDING


def _stacked(heights: list[float], gap: float) -> float:
    return sum(heights) + gap * max(len(heights) - 1, 0)


def _spread(heights: list[float], gap: float, height: float) -> list[float]:
    """The tops of boxes that stand below each other, in the middle of `height`."""
    top = (height - _stacked(heights, gap)) / 2
    tops = []
    for each in heights:
        tops.append(top)
        top += each + gap
    return tops

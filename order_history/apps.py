from django.apps import AppConfig

SUBSCRIPTION = "order_history"


class OrderHistoryConfig(AppConfig):
    name = "order_history"
    verbose_name = "Order history"

from django.apps import AppConfig


class OrderHistoryConfig(AppConfig):
    name = "order_history"
    verbose_name = "Order history"
